"""One table by dlt's sql_database into a folder of Parquet files: dlt_copy.py TABLE FOLDER BACKEND."""
import os, pathlib, sys

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
import dlt
from dlt.sources.sql_database import sql_table
import server


def copy(table, folder, backend):
    target = pathlib.Path(folder).resolve()
    source = sql_table(server.url("mysql+pymysql"), table=table, backend=backend, chunk_size=100_000,
                       reflection_level="full_with_precision")
    pipeline = dlt.pipeline(
        f"p_{table}_{backend}", dataset_name="d", pipelines_dir=str(target / "state"),
        destination=dlt.destinations.filesystem(bucket_url=f"file://{target / 'out'}"))
    pipeline.run(source, loader_file_format="parquet", write_disposition="replace")


if __name__ == "__main__":
    copy(*sys.argv[1:])
