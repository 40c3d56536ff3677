"""Writes files of one repeated byte to a store in every way there is, until it is ended.

    writer.py ENDPOINT ACCOUNT KEY

A file that is not 2,000,000 times the same byte was half written; one that is created before it is flushed is
empty meanwhile. Failures are what the store's end looks like, and are forgotten.
"""
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from azure.storage.blob import BlobClient
from azure.storage.filedatalake import DataLakeServiceClient

endpoint, account, key = sys.argv[1:]
CREDENTIAL = {"account_name": account, "account_key": key}
SIZE = 2_000_000


def write(worker):
    lake = DataLakeServiceClient(endpoint, credential=CREDENTIAL, retry_total=0).get_file_system_client("lake")
    chance = random.Random(worker)
    while True:
        data = bytes([chance.randrange(1, 256)]) * SIZE
        try:
            way = chance.randrange(5)
            if way == 0:
                BlobClient(endpoint, "lake", f"put/{chance.randrange(3)}", credential=CREDENTIAL,
                           retry_total=0).upload_blob(data, overwrite=True)
            elif way == 1:
                BlobClient(endpoint, "lake", f"blocks/{worker}", credential=CREDENTIAL, retry_total=0,
                           max_single_put_size=1000, max_block_size=500_000).upload_blob(data, overwrite=True)
            elif way == 2:
                # Alone: appends of two clients to one path are mixed, here as at Azure.
                lake.get_file_client(f"flushed/{worker}").upload_data(
                    data, overwrite=True, chunk_size=700_000)
            elif way == 3:
                f = lake.get_file_client(f"moving/{worker}")
                f.upload_data(data, overwrite=True)
                lake.create_directory("moved")
                f.rename_file(f"lake/moved/{worker}")
            else:
                lake.create_directory(f"trees/{worker}/a/b")
                lake.get_file_client(f"trees/{worker}/a/b/f").upload_data(data, overwrite=True)
                lake.get_directory_client(f"trees/{worker}").rename_directory(f"lake/trees/{worker}-moved")
                lake.delete_directory(f"trees/{worker}-moved")
        except Exception:
            time.sleep(0.01)


with ThreadPoolExecutor(4) as pool:
    list(pool.map(write, range(4)))
