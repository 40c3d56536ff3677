"""The requests of Power BI's connector: a recursive list over dfs, then whole files by their dfs addresses.

    powerbi.py CONTAINER FOLDER

Prints the rows of each `latest.parquet` below the folder.
"""
import io
import os
import sys

import pyarrow.parquet as pq
from azure.storage.filedatalake import DataLakeServiceClient

service = DataLakeServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"])
lake = service.get_file_system_client(sys.argv[1])
for path in lake.get_paths(sys.argv[2], recursive=True):
    if path.name.endswith("/latest.parquet") and "/_" not in path.name:
        # The client's own download is by way of Blob.
        body = b"".join(lake.get_file_client(path.name)._client.path.read())
        print(path.name, pq.read_table(io.BytesIO(body)).num_rows)
