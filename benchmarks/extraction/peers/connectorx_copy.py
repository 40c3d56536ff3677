"""One table by connectorx into a Parquet file: connectorx_copy.py TABLE FILE PARTITIONS."""
import sys
import connectorx
import pyarrow.parquet
import server


def copy(table, file, partitions=1):
    split = {"partition_on": "id", "partition_num": int(partitions)} if int(partitions) > 1 else {}
    rows = connectorx.read_sql(server.url("mysql"), f"SELECT * FROM {table}", return_type="arrow", **split)
    pyarrow.parquet.write_table(rows, file, compression="snappy")


if __name__ == "__main__":
    copy(*sys.argv[1:])
