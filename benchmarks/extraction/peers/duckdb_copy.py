"""One table by DuckDB's mysql extension into a Parquet file: duckdb_copy.py TABLE FILE."""
import pathlib, sys
import duckdb
import duckdb_extension_mysql_scanner
import server


def connect():
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 2, "memory_limit": "4GB"})
    # The package carries the extension, so nothing is fetched.
    folder = pathlib.Path(duckdb_extension_mysql_scanner.__file__).parent
    connection.execute(f"LOAD '{next(folder.glob('extensions/*/mysql_scanner.duckdb_extension'))}'")
    connection.execute(f"ATTACH 'host={server.host} port={server.port} user={server.user} password={server.password} "
                       f"database={server.database}' AS source (TYPE mysql, READ_ONLY)")
    return connection


def copy(table, file):
    connect().execute(f"COPY (SELECT * FROM source.{server.database}.{table}) TO '{file}' "
                      "(FORMAT parquet, COMPRESSION snappy)")


if __name__ == "__main__":
    copy(*sys.argv[1:])
