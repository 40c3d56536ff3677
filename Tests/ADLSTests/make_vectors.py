"""Makes vectors.json: requests and SAS, signed by Azure's own client.

    python3 -m venv venv && venv/bin/pip install azure-storage-blob==12.31.1 azure-storage-file-datalake==12.26.1
    venv/bin/python make_vectors.py > vectors.json
"""
import json
from datetime import datetime, timezone
from urllib.parse import parse_qsl

import azure.storage.blob
import azure.storage.filedatalake
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.pipeline.transport import HttpRequest
from azure.storage.blob import (
    AccountSasPermissions, BlobSasPermissions, ContainerSasPermissions, ResourceTypes,
    generate_account_sas, generate_blob_sas, generate_container_sas)
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
from azure.storage.filedatalake import (
    DirectorySasPermissions, FileSasPermissions, FileSystemSasPermissions, generate_directory_sas,
    generate_file_sas, generate_file_system_sas)

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
PATH_STYLE = f"http://127.0.0.1:10000/{ACCOUNT}"
DFS = f"https://{ACCOUNT}.dfs.core.windows.net"
BLOB = f"https://{ACCOUNT}.blob.core.windows.net"

REQUESTS = [
    ("PATCH", f"{PATH_STYLE}/lake/a/b%20c/%C3%BC%2B10m.bin?action=append&position=0",
     {"Content-Length": "5", "Content-Type": "application/octet-stream"}),
    ("PUT", f"{PATH_STYLE}/lake/a/new.txt?mode=legacy",
     {"Content-Length": "0", "If-None-Match": "*", "x-ms-rename-source": "/lake/a/old%20name.txt",
      "x-ms-source-lease-id": ""}),
    ("GET", f"{DFS}/lake?resource=filesystem&directory=a%2Fb%20c&recursive=true&continuation=YS9iIGM%3D", {}),
    ("GET", f"{BLOB}/lake/p=0/x.parquet", {"x-ms-range": "bytes=100-1099"}),
    ("GET", f"{BLOB}/lake/p=0/x.parquet", {"x-ms-range": "bytes=100-", "If-Match": '"0x8D"'}),
    ("HEAD", f"{PATH_STYLE}/lake/a%2Fb%20c%2Ff.txt", {}),
    ("PUT", f"{PATH_STYLE}/lake?restype=container", {"Content-Length": "0"}),
    ("PUT", f"{PATH_STYLE}/lake/m?comp=metadata",
     {"Content-Length": "0", "x-ms-meta-a-b": "1", "x-ms-meta-a_b": "2", "x-ms-meta-a1": "3", "x-ms-meta-ab": "4"}),
    ("GET", f"{PATH_STYLE}/lake?restype=container&comp=list&prefix=&include=metadata&delimiter=%2F", {}),
    ("GET", f"{PATH_STYLE}/?comp=list&include=", {}),
    ("PUT", f"{PATH_STYLE}/lake/x?comp=block&blockid=MDAwMDAtYXJyb3c%3D",
     {"Content-Length": "1048576", "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}),
    ("DELETE", f"{DFS}/lake/d?recursive=true",
     {"If-Unmodified-Since": "Sat, 21 Nov 2026 12:00:00 GMT", "Content-Encoding": "gzip",
      "Content-Language": "en", "If-Modified-Since": "Fri, 20 Nov 2026 12:00:00 GMT"}),
]


def signed(method, url, headers):
    request = HttpRequest(method, url)
    request.headers.update(headers)
    request.headers["x-ms-date"] = DATE
    request.headers["x-ms-version"] = "2021-12-02"
    request.headers["x-ms-client-request-id"] = "00000000-0000-0000-0000-000000000001"
    SharedKeyCredentialPolicy(ACCOUNT, KEY).on_request(PipelineRequest(request, PipelineContext(None)))
    headers = dict(request.headers)
    authorization = headers.pop("Authorization")
    target = url.split("://", 1)[1]
    return {"method": method, "target": target[target.index("/"):], "headers": headers,
            "authorization": authorization}


def sas(name, text, filesystem, path):
    return {"name": name, "query": text, "filesystem": filesystem, "path": path}


END = datetime(2030, 1, 1, tzinfo=timezone.utc)
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
SIGNATURES = [
    sas("account", generate_account_sas(
        ACCOUNT, KEY, ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, list=True), END), None, ""),
    sas("account, bound", generate_account_sas(
        ACCOUNT, KEY, ResourceTypes(object=True), AccountSasPermissions(read=True, write=True, delete=True), END,
        start=START, ip="10.0.0.1-10.0.0.9", protocol="https"), None, ""),
    sas("container", generate_container_sas(
        ACCOUNT, "lake", account_key=KEY, permission=ContainerSasPermissions(read=True, list=True), expiry=END),
        "lake", "any/thing"),
    sas("blob", generate_blob_sas(
        ACCOUNT, "lake", "a/b c/ü.txt", account_key=KEY, permission=BlobSasPermissions(read=True), expiry=END,
        start=START, ip="127.0.0.1", protocol="https,http", content_type="text/plain",
        content_disposition="attachment"), "lake", "a/b c/ü.txt"),
    sas("filesystem", generate_file_system_sas(
        ACCOUNT, "lake", KEY, FileSystemSasPermissions(read=True, write=True, list=True), END), "lake", "x"),
    sas("directory", generate_directory_sas(
        ACCOUNT, "lake", "a/b c", KEY, DirectorySasPermissions(read=True, list=True, write=True), END),
        "lake", "a/b c/below/it.txt"),
    sas("file", generate_file_sas(
        ACCOUNT, "lake", "a/b c", "f.txt", KEY, FileSasPermissions(read=True), END), "lake", "a/b c/f.txt"),
]

print(json.dumps({
    "made_by": {"azure-storage-blob": azure.storage.blob.__version__,
                "azure-storage-file-datalake": azure.storage.filedatalake.__version__},
    "account": ACCOUNT, "key": KEY, "requests": [signed(*r) for r in REQUESTS], "signatures": SIGNATURES,
}, indent=1, ensure_ascii=False))
