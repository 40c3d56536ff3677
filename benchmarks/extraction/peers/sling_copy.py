"""One table by sling into a Parquet file: sling_copy.py TABLE FILE. Becomes the sling process."""
import importlib.util, os, pathlib, platform, sys
import server


def main(table, file):
    package = importlib.util.find_spec("sling_linux_amd64")
    if package is None:
        sys.exit(f"sling has no package with its binary for {platform.machine()}")
    binary = next(pathlib.Path(package.origin).parent.glob("bin/sling-*"))
    os.chmod(binary, 0o755)
    # Its default fetches a DuckDB to write Parquet; it can do without.
    os.environ.update(BENCH_SOURCE=server.url("mysql"), SLING_DUCKDB_COMPUTE="false", SLING_DISABLE_TELEMETRY="true",
                      HOME=str(pathlib.Path(file).resolve().parent))
    os.execv(binary, [str(binary), "run", "--src-conn", "BENCH_SOURCE", "--src-stream", f"{server.database}.{table}",
                      "--tgt-object", f"file://{pathlib.Path(file).resolve()}", "--tgt-options", "format: parquet"])


main(*sys.argv[1:])
