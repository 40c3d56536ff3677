"""What real clients of ADLS Gen2 and Blob do with a store, as a table of cases.

    clients.py --endpoint http://127.0.0.1:10000/acct --account acct --key KEY --folder FOLDER [GROUP ...]

Every group runs in a process of its own, because a client in C++ may end its process. Each case prints one line
of JSON: {"group", "case", "ok", "seconds", "error"}. FOLDER is the folder that is served, for cases that prepare
many files or look at what is left.
"""
import argparse
import datetime
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

parser = argparse.ArgumentParser()
parser.add_argument("--endpoint", required=True)
parser.add_argument("--account", required=True)
parser.add_argument("--key", required=True)
parser.add_argument("--folder", required=True)
parser.add_argument("--only", default="", help="only cases whose name has this in it")
parser.add_argument("--run-group")
parser.add_argument("groups", nargs="*")
options = parser.parse_args()

ENDPOINT, ACCOUNT, KEY = options.endpoint, options.account, options.key
SCHEME, AUTHORITY = ENDPOINT.split("://")[0], ENDPOINT.split("://")[1].split("/")[0]
CONNECTION = (f"DefaultEndpointsProtocol={SCHEME};AccountName={ACCOUNT};AccountKey={KEY};"
              f"BlobEndpoint={ENDPOINT};DfsEndpoint={ENDPOINT}")
CREDENTIAL = {"account_name": ACCOUNT, "account_key": KEY}
ODD_NAMES = ["a b/c+d.txt", "ü/日本.txt", "p=0/x=y.txt", "100%/50%25.txt", "a&b;c,d'e.txt", "tilde~#hash?q.txt",
             "dots...txt", "brackets[1]{2}.txt", "-dash", "at@sign:colon"]

CASES = []


def case(group):
    def register(function):
        CASES.append((group, function.__name__.split("_", 1)[1].replace("_", " "), function))
        return function
    return register


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def raises(kind, function, status=None, code=None):
    try:
        function()
    except kind as error:
        if status is not None:
            assert error.status_code == status, (error.status_code, status, error)
        if code is not None:
            assert getattr(error, "error_code", None) == code, (error.error_code, code)
        return error
    raise AssertionError(f"no {kind.__name__}")


class Fresh:
    """A filesystem of the case's own."""
    def __init__(self):
        from azure.storage.filedatalake import DataLakeServiceClient
        self.name = "c" + os.urandom(6).hex()
        self.service = DataLakeServiceClient(ENDPOINT, credential=CREDENTIAL, retry_total=0)

    def __enter__(self):
        self.fs = self.service.create_file_system(self.name)
        return self

    def __exit__(self, *_):
        self.service.delete_file_system(self.name)

    @property
    def path(self):
        return os.path.join(options.folder, self.name)


# --- azure-storage-file-datalake ------------------------------------------------------------------------------

@case("datalake")
def datalake_filesystems_come_and_go():
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
    with Fresh() as c:
        assert c.fs.exists()
        raises(ResourceExistsError, lambda: c.service.create_file_system(c.name), 409, "ContainerAlreadyExists")
        assert c.name in [f.name for f in c.service.list_file_systems()]
        assert [f.name for f in c.service.list_file_systems(name_starts_with=c.name)] == [c.name]
        c.fs.set_file_system_metadata({"purpose": "test"})
        assert c.fs.get_file_system_properties().metadata == {"purpose": "test"}
    assert not c.fs.exists()
    raises(ResourceNotFoundError, lambda: c.service.delete_file_system(c.name), 404)
    raises(ResourceNotFoundError, lambda: list(c.fs.get_paths()), 404)


@case("datalake")
def datalake_sizes_from_1_byte_to_300_MB_come_back_as_they_were():
    with Fresh() as c:
        for size in [0, 1, 4096, (4 << 20) - 1, 4 << 20, 10_000_001]:
            data = noise(size, size)
            f = c.fs.get_file_client(f"sizes/{size}.bin")
            if size:
                f.upload_data(data, overwrite=True)
            else:
                f.create_file()
            assert f.download_file().readall() == data, size
            assert f.get_file_properties().size == size
        block = noise(1 << 20)
        size = 300 << 20
        f = c.fs.get_file_client("big.bin")
        f.upload_data(block * 300, overwrite=True, chunk_size=32 << 20, max_concurrency=2)
        assert f.get_file_properties().size == size
        digest, want = hashlib.sha256(), hashlib.sha256()
        for chunk in f.download_file(max_concurrency=2).chunks():
            digest.update(chunk)
        for _ in range(300):
            want.update(block)
        assert digest.digest() == want.digest()


@case("datalake")
def datalake_a_small_chunk_size_appends_many_times():
    with Fresh() as c:
        data = noise(9_500_000)
        f = c.fs.get_file_client("chunks.bin")
        f.upload_data(data, overwrite=True, chunk_size=1 << 20, max_concurrency=4)
        assert f.download_file().readall() == data


@case("datalake")
def datalake_appends_may_come_in_any_order_and_are_seen_after_the_flush():
    from azure.core.exceptions import HttpResponseError
    with Fresh() as c:
        f = c.fs.create_file("f")
        before = f.get_file_properties()
        f.append_data(b"world", 5, 5)
        raises(HttpResponseError, lambda: f.flush_data(10), 400, "InvalidFlushPosition")
        f.append_data(b"hello", 0, 5)
        now = f.get_file_properties()
        assert now.size == 0 and now.etag == before.etag
        assert f.download_file().readall() == b""
        f.flush_data(10)
        assert f.download_file().readall() == b"helloworld"
        assert f.get_file_properties().etag != before.etag
        f.append_data(b"!", 10, 1, flush=True)
        assert f.download_file().readall() == b"helloworld!"
        raises(HttpResponseError, lambda: f.flush_data(99), 400, "InvalidFlushPosition")


@case("datalake")
def datalake_overwriting_makes_another_version():
    with Fresh() as c:
        f = c.fs.get_file_client("f")
        tags = set()
        for text in [b"one", b"two, longer", b"3"]:
            f.upload_data(text, overwrite=True)
            assert f.download_file().readall() == text
            tags.add(f.get_file_properties().etag)
        assert len(tags) == 3


@case("datalake")
def datalake_conditions_fail_as_on_the_service():
    from azure.core import MatchConditions
    from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError
    with Fresh() as c:
        f = c.fs.create_file("f")
        raises(ResourceExistsError, lambda: f.create_file(match_condition=MatchConditions.IfMissing),
               409, "PathAlreadyExists")
        old = f.get_file_properties().etag
        f.upload_data(b"x", overwrite=True)
        raises(ResourceModifiedError, lambda: f.create_file(
            etag=old, match_condition=MatchConditions.IfNotModified), 412, "ConditionNotMet")
        raises(ResourceModifiedError, lambda: f.delete_file(
            etag=old, match_condition=MatchConditions.IfNotModified), 412)
        raises(HttpResponseError, lambda: f.get_file_properties(
            etag=f.get_file_properties().etag, match_condition=MatchConditions.IfModified), 304)
        assert f.download_file().readall() == b"x"
        f.append_data(b"y", 1, 1)
        raises(ResourceModifiedError, lambda: f.flush_data(
            2, etag=old, match_condition=MatchConditions.IfNotModified), 412)
        f.flush_data(2, etag=f.get_file_properties().etag, match_condition=MatchConditions.IfNotModified)
        assert f.download_file().readall() == b"xy"


@case("datalake")
def datalake_ranges_are_exact():
    from azure.core.exceptions import HttpResponseError
    with Fresh() as c:
        data = noise(100_000)
        f = c.fs.get_file_client("r")
        f.upload_data(data, overwrite=True)
        for offset, length in [(0, 1), (0, 100), (99_999, 1), (50_000, 50_000), (99_000, 5_000)]:
            assert f.download_file(offset=offset, length=length).readall() == data[offset:offset + length]
        assert f.download_file(offset=70_000).readall() == data[70_000:]
        raises(HttpResponseError, lambda: f.download_file(offset=200_000, length=10), 416)
        c.fs.create_file("empty")
        assert c.fs.get_file_client("empty").download_file().readall() == b""


@case("datalake")
def datalake_names_of_all_kinds():
    with Fresh() as c:
        for index, name in enumerate(ODD_NAMES):
            c.fs.get_file_client(name).upload_data(f"{index}".encode(), overwrite=True)
        listed = {p.name for p in c.fs.get_paths() if not p.is_directory}
        assert listed == set(ODD_NAMES), listed ^ set(ODD_NAMES)
        c.fs.create_directory("moved")
        for index, name in enumerate(ODD_NAMES):
            f = c.fs.get_file_client(name)
            assert f.download_file().readall() == f"{index}".encode()
            # The client decodes a source's name before it encodes it.
            if "%" not in name:
                f.rename_file(f"{c.name}/moved/{index} ü+.txt")
        assert len([p for p in c.fs.get_paths("moved")]) == len([n for n in ODD_NAMES if "%" not in n])


@case("datalake")
def datalake_directories_have_parents_and_are_listed():
    from azure.core.exceptions import HttpResponseError, ResourceExistsError
    with Fresh() as c:
        d = c.fs.create_directory("a/b c/d", metadata={"k": "v"})
        assert d.get_directory_properties().metadata["hdi_isfolder"] == "true"
        assert d.get_directory_properties().metadata["k"] == "v"
        assert [p.name for p in c.fs.get_paths()] == ["a", "a/b c", "a/b c/d"]
        assert [p.name for p in c.fs.get_paths(recursive=False)] == ["a"]
        c.fs.create_file("a/f")
        raises(ResourceExistsError, lambda: c.fs.create_file("a/f/g"), 409, "PathConflict")
        raises(HttpResponseError, lambda: c.fs.create_directory("a/f"), 409)
        c.fs.delete_directory("a")
        assert list(c.fs.get_paths()) == []


@case("datalake")
def datalake_a_list_of_22000_files_is_whole_in_pages_of_all_sizes():
    with Fresh() as c:
        for folder in range(20):
            os.makedirs(f"{c.path}/many/d{folder:02}")
            for index in range(1_100):
                open(f"{c.path}/many/d{folder:02}/f{index:04}.parquet", "w").close()
        names = [p.name for p in c.fs.get_paths("many")]
        assert len(names) == 22_020 and len(set(names)) == 22_020, len(names)
        assert names == sorted(names, key=lambda n: n if n.endswith("parquet") else n + "/")
        pages = [[p.name for p in page] for page in c.fs.get_paths("many", max_results=5_000).by_page()]
        assert [len(p) for p in pages] == [5_000] * 4 + [2_020], [len(p) for p in pages]
        assert sum(pages, []) == names
        pages = [[p.name for p in page] for page in c.fs.get_paths("many/d03", max_results=7).by_page()]
        assert sum(pages, []) == [n for n in names if n.startswith("many/d03/")]
        c.fs.delete_directory("many")
        assert list(c.fs.get_paths()) == []


@case("datalake")
def datalake_renames_are_whole_and_clobber_only_if_they_may():
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
    with Fresh() as c:
        f = c.fs.get_file_client("a/old name.txt")
        f.upload_data(b"1", overwrite=True)
        tag = f.get_file_properties().etag
        g = f.rename_file(f"{c.name}/a/new.txt")
        assert g.download_file().readall() == b"1" and g.get_file_properties().etag == tag
        assert not f.exists()
        c.fs.get_file_client("a/other").upload_data(b"2", overwrite=True)
        raises(ResourceExistsError, lambda: g.rename_file(
            f"{c.name}/a/other", match_condition=MatchConditions.IfMissing), 409, "PathAlreadyExists")
        assert c.fs.get_file_client("a/other").download_file().readall() == b"2"
        g.rename_file(f"{c.name}/a/other")
        assert c.fs.get_file_client("a/other").download_file().readall() == b"1"
        raises(ResourceNotFoundError, lambda: f.rename_file(f"{c.name}/x"), 404, "SourcePathNotFound")
        raises(ResourceNotFoundError, lambda: c.fs.get_file_client("a/other").rename_file(
            f"{c.name}/not/there/x"), 404, "RenameDestinationParentPathNotFound")
        d = c.fs.get_directory_client("a").rename_directory(f"{c.name}/b ü")
        assert [p.name for p in c.fs.get_paths()] == ["b ü", "b ü/other"]
        d.delete_directory()


@case("datalake")
def datalake_metadata_headers_and_access_are_kept():
    from azure.storage.filedatalake import ContentSettings
    with Fresh() as c:
        f = c.fs.get_file_client("f")
        f.upload_data(b"x", overwrite=True, metadata={"one": "1"},
                      content_settings=ContentSettings(content_type="text/plain", cache_control="no-store"))
        p = f.get_file_properties()
        assert p.metadata == {"one": "1"} and p.content_settings.content_type == "text/plain", p
        f.set_metadata({"two": "2", "three": "drei"})
        f.set_http_headers(ContentSettings(content_type="text/csv", content_encoding="gzip"))
        p = f.get_file_properties()
        assert p.metadata == {"two": "2", "three": "drei"}
        assert (p.content_settings.content_type, p.content_settings.content_encoding) == ("text/csv", "gzip")
        assert f.get_access_control()["permissions"]
        f.set_access_control(owner="me", permissions="0640")
        assert f.get_access_control()["owner"] == "me" and f.get_access_control()["permissions"] == "rw-r-----"
        result = c.fs._get_root_directory_client().set_access_control_recursive("user::rwx")
        assert result.counters.failure_count == 0 and result.counters.files_successful == 1
        assert f.get_access_control()["acl"] == "user::rwx"
        assert c.fs._get_root_directory_client().get_access_control()["owner"]


@case("datalake")
def datalake_leases_keep_others_out():
    from azure.core.exceptions import HttpResponseError
    with Fresh() as c:
        f = c.fs.create_file("f")
        lease = f.acquire_lease(lease_duration=15)
        raises(HttpResponseError, lambda: f.acquire_lease(), 409, "LeaseAlreadyPresent")
        raises(HttpResponseError, lambda: f.delete_file(), 412, "LeaseIdMissing")
        raises(HttpResponseError, lambda: f.append_data(b"x", 0, 1), 412, "LeaseIdMissing")
        f.append_data(b"x", 0, 1, lease=lease)
        f.flush_data(1, lease=lease)
        assert f.get_file_properties().lease.state == "leased"
        lease.renew()
        lease.release()
        f.delete_file()


@case("datalake")
def datalake_parallel_writers_of_many_files():
    with Fresh() as c:
        def write(index):
            data = noise(100_000 + index, index)
            f = c.fs.get_file_client(f"p/{index % 7}/f{index}")
            f.upload_data(data, overwrite=True)
            return f.download_file().readall() == data
        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(write, range(200)))
        assert len([p for p in c.fs.get_paths("p") if not p.is_directory]) == 200


@case("datalake")
def datalake_of_parallel_creators_one_wins():
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError
    with Fresh() as c:
        def create(index):
            try:
                c.fs.get_file_client("one").create_file(
                    match_condition=MatchConditions.IfMissing, metadata={"by": f"{index}"})
                return True
            except ResourceExistsError:
                return False
        for _ in range(10):
            with ThreadPoolExecutor(16) as pool:
                assert sum(pool.map(create, range(16))) == 1
            c.fs.get_file_client("one").delete_file()


@case("datalake")
def datalake_of_parallel_renames_to_one_name_one_wins():
    from azure.core import MatchConditions
    from azure.core.exceptions import HttpResponseError
    with Fresh() as c:
        for index in range(12):
            c.fs.get_file_client(f"s{index}").upload_data(f"{index}".encode(), overwrite=True)

        def move(index):
            try:
                c.fs.get_file_client(f"s{index}").rename_file(
                    f"{c.name}/target", match_condition=MatchConditions.IfMissing)
                return index
            except HttpResponseError as error:
                assert error.status_code == 409, error
                return None
        with ThreadPoolExecutor(12) as pool:
            winners = [w for w in pool.map(move, range(12)) if w is not None]
        assert len(winners) == 1
        assert c.fs.get_file_client("target").download_file().readall() == f"{winners[0]}".encode()
        assert len(list(c.fs.get_paths())) == 12


@case("datalake")
def datalake_what_is_not_there_is_404():
    from azure.core.exceptions import ResourceNotFoundError
    with Fresh() as c:
        f = c.fs.get_file_client("no/such")
        assert not f.exists()
        raises(ResourceNotFoundError, lambda: f.get_file_properties(), 404)
        raises(ResourceNotFoundError, lambda: f.download_file(), 404)
        raises(ResourceNotFoundError, lambda: f.delete_file(), 404)
        raises(ResourceNotFoundError, lambda: f.append_data(b"x", 0, 1), 404, "PathNotFound")
        raises(ResourceNotFoundError, lambda: list(c.fs.get_paths("no")), 404, "PathNotFound")


@case("datalake")
def datalake_signatures_allow_what_they_say():
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
    from azure.storage.filedatalake import (
        DataLakeServiceClient, DirectorySasPermissions, FileSystemClient, generate_directory_sas,
        generate_file_system_sas)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    with Fresh() as c:
        c.fs.get_file_client("in/a b/f").upload_data(b"x", overwrite=True)
        c.fs.get_file_client("out/f").upload_data(b"y", overwrite=True)

        def client(sas):
            return FileSystemClient(ENDPOINT, c.name, credential=sas, retry_total=0)
        sas = client(generate_directory_sas(
            ACCOUNT, c.name, "in", KEY, DirectorySasPermissions(read=True, list=True), end))
        assert sas.get_file_client("in/a b/f").download_file().readall() == b"x"
        assert [p.name for p in sas.get_paths("in")] == ["in/a b", "in/a b/f"]
        raises(HttpResponseError, lambda: sas.get_file_client("out/f").download_file(), 403)
        raises(HttpResponseError, lambda: list(sas.get_paths()), 403)
        raises(HttpResponseError, lambda: sas.get_file_client("in/a b/f").delete_file(), 403)
        raises(HttpResponseError, lambda: sas.create_file("in/new"), 403)
        whole = client(generate_file_system_sas(ACCOUNT, c.name, KEY, "racwdlm", end))
        whole.get_file_client("w").upload_data(b"1", overwrite=True)
        whole.get_file_client("w").rename_file(f"{c.name}/w2")
        whole.get_file_client("w2").delete_file()
        raises(HttpResponseError, lambda: whole.delete_file_system(), 403, "AuthorizationFailure")
        old = client(generate_file_system_sas(ACCOUNT, c.name, KEY, "rl", past))
        raises(ClientAuthenticationError, lambda: list(old.get_paths()), 403)
        secure = client(generate_file_system_sas(ACCOUNT, c.name, KEY, "rl", end, protocol="https"))
        if SCHEME == "http":
            raises(HttpResponseError, lambda: list(secure.get_paths()), 403)
        elsewhere = client(generate_file_system_sas(ACCOUNT, c.name, KEY, "rl", end, ip="10.1.1.1"))
        raises(HttpResponseError, lambda: list(elsewhere.get_paths()), 403)
        wrong = DataLakeServiceClient(ENDPOINT, credential={
            "account_name": ACCOUNT, "account_key": "d3Jvbmcga2V5IHRoYXQgaXMgbG9uZyBlbm91Z2g="}, retry_total=0)
        raises(ClientAuthenticationError, lambda: list(wrong.list_file_systems()), 403, "AuthenticationFailed")
        nobody = FileSystemClient(ENDPOINT, c.name, retry_total=0)
        raises(ClientAuthenticationError, lambda: list(nobody.get_paths()), 401)


# --- azure-storage-blob ---------------------------------------------------------------------------------------

def blobs(container=None, credential=None):
    from azure.storage.blob import BlobServiceClient, ContainerClient
    credential = credential or CREDENTIAL
    if container:
        return ContainerClient(ENDPOINT, container, credential=credential, retry_total=0)
    return BlobServiceClient(ENDPOINT, credential=credential, retry_total=0)


@case("blob")
def blob_whole_and_in_blocks():
    with Fresh() as c:
        b = blobs(c.name)
        for size in [0, 1, 5_000_000]:
            b.upload_blob(f"s{size}", noise(size, size), overwrite=True)
            assert b.download_blob(f"s{size}").readall() == noise(size, size)
        from azure.storage.blob import BlobClient
        client = BlobClient(ENDPOINT, c.name, "blocks", credential=CREDENTIAL, max_single_put_size=1 << 20,
                            max_block_size=1 << 20, retry_total=0)
        data = noise(65 << 20)
        client.upload_blob(data, overwrite=True, max_concurrency=4)
        assert client.download_blob(max_concurrency=4).readall() == data
        committed, uncommitted = client.get_block_list("all")
        assert len(committed) == 65 and not uncommitted and all(x.size == 1 << 20 for x in committed)


@case("blob")
def blob_blocks_are_seen_when_their_list_is():
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
    from azure.storage.blob import BlobBlock
    with Fresh() as c:
        b = blobs(c.name).get_blob_client("x")
        b.stage_block("b1", b"one,")
        b.stage_block("b2", b"two,")
        assert not b.exists() and list(blobs(c.name).list_blobs()) == []
        raises(HttpResponseError, lambda: b.commit_block_list([BlobBlock("b9")]), 400, "InvalidBlockList")
        b.commit_block_list([BlobBlock("b2"), BlobBlock("b1")])
        assert b.download_blob().readall() == b"two,one,"
        b.stage_block("b3", b"three,")
        assert b.download_blob().readall() == b"two,one,"
        b.commit_block_list([BlobBlock("b1"), BlobBlock("b3"), BlobBlock("b1")])
        assert b.download_blob().readall() == b"one,three,one,"
        b.commit_block_list([])
        assert b.download_blob().readall() == b""
        raises(ResourceNotFoundError, lambda: blobs(c.name).get_blob_client("y").get_block_list(), 404)


@case("blob")
def blob_lists_flat_by_prefix_and_by_level():
    with Fresh() as c:
        b = blobs(c.name)
        names = ["a.txt", "a/1", "a/b/2", "a/b/3", "a-b/4", "c/ü 5"]
        for name in names:
            b.upload_blob(name, b"x", metadata={"n": "1"}, overwrite=True)
        c.fs.create_directory("empty/dir")
        # The order of the bytes of whole names, as on the service.
        assert [x.name for x in b.list_blobs()] == sorted(names), [x.name for x in b.list_blobs()]
        assert [x.name for x in b.list_blobs("a/")] == ["a/1", "a/b/2", "a/b/3"]
        assert [x.name for x in b.list_blobs("a")] == ["a-b/4", "a.txt", "a/1", "a/b/2", "a/b/3"]
        assert [x.name for x in b.list_blobs("nothing/here")] == []
        assert all(x.metadata == {"n": "1"} for x in b.list_blobs(include=["metadata"]))
        # The client has the prefixes of a page before its names.
        assert [x.name for x in b.walk_blobs()] == ["a-b/", "a/", "c/", "empty/", "a.txt"]
        assert [x.name for x in b.walk_blobs("a/")] == ["a/b/", "a/1"]
        assert [x.name for x in b.walk_blobs("a")] == ["a-b/", "a/", "a.txt"]
        pages = [[x.name for x in page] for page in b.list_blobs(results_per_page=2).by_page()]
        assert [len(p) for p in pages] == [2, 2, 2] and sum(pages, []) == sorted(names)
        assert list(b.list_blob_names())[0] == "a-b/4"


@case("blob")
def blob_conditions():
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
    with Fresh() as c:
        b = blobs(c.name).get_blob_client("x")
        b.upload_blob(b"1")
        raises(ResourceExistsError, lambda: b.upload_blob(b"2"), 409, "BlobAlreadyExists")
        old = b.get_blob_properties().etag
        b.upload_blob(b"2", overwrite=True, etag=old, match_condition=MatchConditions.IfNotModified)
        raises(ResourceModifiedError, lambda: b.upload_blob(
            b"3", overwrite=True, etag=old, match_condition=MatchConditions.IfNotModified), 412, "ConditionNotMet")
        raises(ResourceExistsError, lambda: b.upload_blob(io.BytesIO(noise(70 << 20))), 409)
        assert b.download_blob().readall() == b"2"
        raises(ResourceNotFoundError, lambda: blobs(c.name).delete_blob("none"), 404, "BlobNotFound")
        raises(ResourceNotFoundError, lambda: blobs("nocontainer").upload_blob("x", b"x"), 404, "ContainerNotFound")


@case("blob")
def blob_of_parallel_swaps_each_builds_on_the_one_before():
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError
    with Fresh() as c:
        b = blobs(c.name).get_blob_client("counter")
        b.upload_blob(b"0")

        def add(_):
            client = blobs(c.name).get_blob_client("counter")
            while True:
                got = client.download_blob()
                try:
                    client.upload_blob(f"{int(got.readall()) + 1}".encode(), overwrite=True,
                                       etag=got.properties.etag, match_condition=MatchConditions.IfNotModified)
                    return
                except ResourceModifiedError:
                    pass
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(60)))
        assert b.download_blob().readall() == b"60"


@case("blob")
def blob_copies_leases_and_batches():
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
    with Fresh() as c:
        b = blobs(c.name)
        b.upload_blob("src ü", noise(100_000), metadata={"k": "v"})
        result = b.get_blob_client("dst").start_copy_from_url(b.get_blob_client("src ü").url)
        assert result["copy_status"] == "success"
        p = b.get_blob_client("dst").get_blob_properties()
        assert p.copy.status == "success" and p.metadata == {"k": "v"} and p.size == 100_000
        assert b.download_blob("dst").readall() == noise(100_000)
        raises(ResourceNotFoundError, lambda: b.get_blob_client("d").start_copy_from_url(
            b.get_blob_client("none").url), 404)
        lease = b.get_blob_client("dst").acquire_lease(-1)
        raises(HttpResponseError, lambda: b.upload_blob("dst", b"", overwrite=True), 412, "LeaseIdMissing")
        lease.change("00000000-0000-0000-0000-00000000000a")
        lease.break_lease(0)
        container = b.acquire_lease(15)
        raises(HttpResponseError, lambda: b.delete_container(), 412)
        container.release()
        for index in range(20):
            b.upload_blob(f"batch/{index} ü", b"x")
        results = list(b.delete_blobs(*[f"batch/{index} ü" for index in range(20)]))
        assert all(r.status_code == 202 for r in results)
        assert list(b.list_blobs("batch/")) == []
        results = list(b.delete_blobs("none", raise_on_any_failure=False))
        assert [r.status_code for r in results] == [404]


@case("blob")
def blob_digests_are_checked_both_ways():
    with Fresh() as c:
        b = blobs(c.name)
        data = noise(3_000_000)
        b.upload_blob("m", data, validate_content=True)
        assert b.download_blob("m", validate_content=True).readall() == data
        client = b.get_blob_client("wrong")
        from azure.core.exceptions import HttpResponseError
        error = raises(HttpResponseError, lambda: client.upload_blob(
            b"abc", headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}), 400)
        assert not client.exists(), error


@case("blob")
def blob_appends_are_whole():
    from azure.core.exceptions import HttpResponseError
    with Fresh() as c:
        b = blobs(c.name).get_blob_client("log")
        b.create_append_blob()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda i: b.append_block(f"{i:03}\n".encode() * 1000), range(20)))
        text = b.download_blob().readall().decode()
        assert len(text) == 4 * 20_000
        blocks = [text[i:i + 4000] for i in range(0, len(text), 4000)]
        assert sorted({x[:3] for x in blocks}) == [f"{i:03}" for i in range(20)]
        assert all(len(set(x.split())) == 1 for x in blocks)
        raises(HttpResponseError, lambda: b.append_block(b"x", appendpos_condition=3), 412)
        blobs(c.name).upload_blob("plain", b"")
        raises(HttpResponseError, lambda: blobs(c.name).get_blob_client("plain").append_block(b"x"), 409)


@case("blob")
def blob_account_and_signatures():
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import (
        AccountSasPermissions, BlobSasPermissions, ResourceTypes, generate_account_sas, generate_blob_sas)
    assert blobs().get_account_information()["is_hns_enabled"]
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    with Fresh() as c:
        blobs(c.name).upload_blob("a/f ü.txt", b"x")
        sas = generate_account_sas(ACCOUNT, KEY, ResourceTypes(service=True, container=True, object=True),
                                   AccountSasPermissions(read=True, list=True), end)
        assert c.name in [x.name for x in blobs(credential=sas).list_containers()]
        assert blobs(c.name, sas).download_blob("a/f ü.txt").readall() == b"x"
        raises(HttpResponseError, lambda: blobs(c.name, sas).upload_blob("n", b""), 403)
        only = generate_account_sas(ACCOUNT, KEY, ResourceTypes(object=True), AccountSasPermissions(read=True), end)
        raises(HttpResponseError, lambda: list(blobs(c.name, only).list_blobs()), 403)
        one = generate_blob_sas(ACCOUNT, c.name, "a/f ü.txt", account_key=KEY, expiry=end,
                                permission=BlobSasPermissions(read=True), content_type="text/x-odd")
        got = blobs(c.name, one).download_blob("a/f ü.txt")
        assert got.readall() == b"x" and got.properties.content_settings.content_type == "text/x-odd"
        raises(HttpResponseError, lambda: blobs(c.name, one).download_blob("a"), 403)
        create = generate_blob_sas(ACCOUNT, c.name, "a/f ü.txt", account_key=KEY, expiry=end,
                                   permission=BlobSasPermissions(create=True))
        raises(HttpResponseError, lambda: blobs(c.name, create).upload_blob(
            "a/f ü.txt", b"2", overwrite=True), 403)
        assert blobs(c.name).download_blob("a/f ü.txt").readall() == b"x"


# --- adlfs ----------------------------------------------------------------------------------------------------

@case("adlfs")
def adlfs_files_and_trees():
    from adlfs import AzureBlobFileSystem
    with Fresh() as c:
        fs = AzureBlobFileSystem(connection_string=CONNECTION, skip_instance_cache=True)
        data = noise(9_000_000)
        with fs.open(f"{c.name}/a/b.bin", "wb") as f:
            f.write(data)
        assert fs.cat(f"{c.name}/a/b.bin") == data
        fs.pipe(f"{c.name}/a/c ü.txt", b"hello")
        assert fs.cat_file(f"{c.name}/a/c ü.txt", 1, 3) == b"el"
        assert fs.exists(f"{c.name}/a") and fs.isdir(f"{c.name}/a") and not fs.exists(f"{c.name}/zz")
        assert sorted(fs.find(c.name)) == [f"{c.name}/a/b.bin", f"{c.name}/a/c ü.txt"]
        assert fs.glob(f"{c.name}/a/*.bin") == [f"{c.name}/a/b.bin"]
        assert sorted(x.split("/", 1)[1] for x in fs.ls(f"{c.name}/a")) == ["a/b.bin", "a/c ü.txt"]
        assert fs.info(f"{c.name}/a/b.bin")["size"] == len(data)
        with fs.open(f"{c.name}/a/b.bin", "rb") as f:
            f.seek(5_000_000)
            assert f.read(10) == data[5_000_000:5_000_010]
        fs.mv(f"{c.name}/a/b.bin", f"{c.name}/a/d.bin")
        assert fs.cat(f"{c.name}/a/d.bin") == data and not fs.exists(f"{c.name}/a/b.bin")
        fs.cp_file(f"{c.name}/a/d.bin", f"{c.name}/e/f.bin")
        with fs.open(f"{c.name}/log", "ab") as f:
            f.write(b"one,")
        with fs.open(f"{c.name}/log", "ab") as f:
            f.write(b"two")
        assert fs.cat(f"{c.name}/log") == b"one,two"
        fs.rm(f"{c.name}/a", recursive=True)
        assert not fs.exists(f"{c.name}/a/d.bin")
        for name in ODD_NAMES[:6]:
            fs.pipe(f"{c.name}/odd/{name}", name.encode())
            assert fs.cat(f"{c.name}/odd/{name}") == name.encode(), name


@case("adlfs")
def adlfs_pandas_style_parquet():
    import pyarrow as pa
    import pyarrow.parquet as pq
    from adlfs import AzureBlobFileSystem
    with Fresh() as c:
        fs = AzureBlobFileSystem(connection_string=CONNECTION, skip_instance_cache=True)
        table = pa.table({"p": [1, 1, 2], "x": [10, 20, 30]})
        pq.write_to_dataset(table, f"{c.name}/t", partition_cols=["p"], filesystem=fs)
        back = pq.read_table(f"{c.name}/t", filesystem=fs)
        assert sorted(back["x"].to_pylist()) == [10, 20, 30]


# --- PyArrow --------------------------------------------------------------------------------------------------

def arrow():
    from pyarrow.fs import AzureFileSystem
    return AzureFileSystem(ACCOUNT, account_key=KEY, blob_storage_authority=AUTHORITY,
                           dfs_storage_authority=AUTHORITY, blob_storage_scheme=SCHEME, dfs_storage_scheme=SCHEME)


@case("pyarrow")
def pyarrow_files_directories_and_lists():
    from pyarrow.fs import FileSelector, FileType
    fs = arrow()
    with Fresh() as c:
        fs.create_dir(f"{c.name}/a/b c")
        data = noise(12_000_000)
        with fs.open_output_stream(f"{c.name}/a/b c/f.bin") as f:
            f.write(data)
        with fs.open_input_stream(f"{c.name}/a/b c/f.bin") as f:
            assert f.read() == data
        with fs.open_input_file(f"{c.name}/a/b c/f.bin") as f:
            f.seek(6_000_000)
            assert f.read(100) == data[6_000_000:6_000_100]
        info = {i.path: i for i in fs.get_file_info(FileSelector(c.name, recursive=True))}
        assert sorted(info) == [f"{c.name}/a", f"{c.name}/a/b c", f"{c.name}/a/b c/f.bin"]
        assert info[f"{c.name}/a/b c/f.bin"].size == len(data)
        assert info[f"{c.name}/a"].type == FileType.Directory
        assert fs.get_file_info(f"{c.name}/none").type == FileType.NotFound
        try:
            fs.get_file_info(FileSelector(f"{c.name}/none"))
            raise AssertionError("a folder that is not there was listed")
        except FileNotFoundError:
            pass
        assert fs.get_file_info(FileSelector(f"{c.name}/none", allow_not_found=True)) == []
        assert any(i.path == c.name for i in fs.get_file_info(FileSelector("")))
        for name in ODD_NAMES[:4]:
            with fs.open_output_stream(f"{c.name}/odd {name.replace('/', '_')}") as f:
                f.write(b"x")


@case("pyarrow")
def pyarrow_moves_copies_and_deletes():
    from pyarrow.fs import FileType
    fs = arrow()
    with Fresh() as c:
        for name in ["one", "two"]:
            with fs.open_output_stream(f"{c.name}/{name}") as f:
                f.write(name.encode())
        fs.move(f"{c.name}/one", f"{c.name}/moved ü")
        assert fs.open_input_stream(f"{c.name}/moved ü").read() == b"one"
        fs.create_dir(f"{c.name}/d/e")
        fs.move(f"{c.name}/d", f"{c.name}/d2")
        assert fs.get_file_info(f"{c.name}/d2/e").type == FileType.Directory
        fs.copy_file(f"{c.name}/two", f"{c.name}/copy")
        assert fs.open_input_stream(f"{c.name}/copy").read() == b"two"
        fs.delete_file(f"{c.name}/copy")
        fs.delete_dir(f"{c.name}/d2")
        assert fs.get_file_info(f"{c.name}/d2").type == FileType.NotFound
        with fs.open_output_stream(f"{c.name}/x/y") as f:
            f.write(b"y")
        fs.delete_dir_contents(f"{c.name}/x")
        assert fs.get_file_info(f"{c.name}/x/y").type == FileType.NotFound


@case("pyarrow")
def pyarrow_appending_keeps_what_was_there_whoever_wrote_it():
    fs = arrow()
    with Fresh() as c:
        with fs.open_output_stream(f"{c.name}/own") as f:
            f.write(b"hello")
        c.fs.get_file_client("dfs").upload_data(b"hello", overwrite=True)
        blobs(c.name).upload_blob("put", b"hello")
        for name in ["own", "dfs", "put"]:
            with fs.open_append_stream(f"{c.name}/{name}") as f:
                f.write(b" world")
            assert fs.open_input_stream(f"{c.name}/{name}").read() == b"hello world", name


@case("pyarrow")
def pyarrow_datasets_with_partitions():
    import pyarrow as pa
    import pyarrow.dataset as ds
    fs = arrow()
    with Fresh() as c:
        table = pa.table({"day": [f"2026-01-{d:02}" for d in range(1, 29)] * 100, "x": list(range(2800))})
        ds.write_dataset(table, f"{c.name}/t", filesystem=fs, format="parquet",
                         partitioning=ds.partitioning(pa.schema([("day", pa.string())]), flavor="hive"))
        back = ds.dataset(f"{c.name}/t", filesystem=fs, format="parquet", partitioning="hive").to_table()
        assert back.num_rows == 2800 and sum(back["x"].to_pylist()) == sum(range(2800))


@case("pyarrow")
def pyarrow_with_the_account_in_the_host():
    from pyarrow.fs import AzureFileSystem
    if SCHEME != "http":
        return
    port = AUTHORITY.split(":")[1]
    fs = AzureFileSystem(ACCOUNT, account_key=KEY, blob_storage_authority=f".blob.localhost:{port}",
                         dfs_storage_authority=f".dfs.localhost:{port}", blob_storage_scheme="http",
                         dfs_storage_scheme="http")
    with Fresh() as c:
        fs.create_dir(f"{c.name}/a")
        with fs.open_output_stream(f"{c.name}/a/f") as f:
            f.write(b"x" * 100)
        fs.move(f"{c.name}/a/f", f"{c.name}/a/g")
        assert fs.open_input_stream(f"{c.name}/a/g").read() == b"x" * 100


# --- DuckDB ---------------------------------------------------------------------------------------------------

def duck():
    import duckdb
    import duckdb_extension_azure
    folder = os.path.dirname(duckdb_extension_azure.__file__)
    found = [os.path.join(d, f) for d, _, names in os.walk(folder) for f in names if f == "azure.duckdb_extension"]
    db = duckdb.connect()
    db.execute(f"LOAD '{found[0]}'")
    db.execute(f"CREATE SECRET (TYPE azure, CONNECTION_STRING '{CONNECTION}')")
    return db


@case("duckdb")
def duckdb_writes_and_reads_over_both_protocols():
    with Fresh() as c:
        db = duck()
        for scheme in ["az", "abfss"]:
            root = f"{scheme}://{c.name}/{scheme}"
            db.execute(f"COPY (SELECT range AS x, range % 7 AS p FROM range(100000)) TO '{root}/one.parquet'")
            assert db.sql(f"SELECT sum(x), count(*) FROM '{root}/one.parquet'").fetchone() == (4999950000, 100000)
            db.execute(f"COPY (SELECT range AS x, range % 7 AS p FROM range(7000)) TO '{root}/parts' "
                       "(FORMAT parquet, PARTITION_BY (p))")
            assert db.sql(f"SELECT sum(x) FROM read_parquet('{root}/parts/*/*.parquet')").fetchone()[0] == 24496500
            assert db.sql(f"SELECT sum(x) FROM read_parquet('{root}/parts/**', hive_partitioning = true) "
                          "WHERE p = 3").fetchone()[0] == sum(range(3, 7000, 7))
            assert len(db.sql(f"SELECT * FROM glob('{root}/parts/**')").fetchall()) == 7
            db.execute(f"COPY (SELECT 1 AS x, 2 AS p) TO '{root}/parts' "
                       "(FORMAT parquet, PARTITION_BY (p), OVERWRITE)")
            assert db.sql(f"SELECT count(*) FROM read_parquet('{root}/parts/**')").fetchone()[0] == 1
            db.execute(f"COPY (SELECT 'a' AS t FROM range(5000)) TO '{root}/t.csv.gz'")
            assert db.sql(f"SELECT count(*) FROM '{root}/t.csv.gz'").fetchone()[0] == 5000
            try:
                db.sql(f"SELECT * FROM '{root}/none.parquet'").fetchall()
                raise AssertionError("a file that is not there was read")
            except Exception as error:
                assert "none" in str(error) or "404" in str(error) or "No files" in str(error), error


@case("duckdb")
def duckdb_reads_100_MB_in_ranges():
    with Fresh() as c:
        db = duck()
        db.execute(f"COPY (SELECT range AS x, hash(range) AS h, md5(range::VARCHAR) AS t FROM range(2500000)) "
                   f"TO 'abfss://{c.name}/big.parquet'")
        size = c.fs.get_file_client("big.parquet").get_file_properties().size
        assert size > 100_000_000, size
        want = db.sql("SELECT sum(range), bit_xor(hash(range)) FROM range(2500000)").fetchone()
        for url in [f"abfss://{c.name}/big.parquet", f"az://{c.name}/big.parquet",
                    f"abfss://{c.name}@{ACCOUNT}.dfs.core.windows.net/big.parquet"]:
            assert db.sql(f"SELECT sum(x), bit_xor(h) FROM '{url}'").fetchone() == want


# --- deltalake and polars -------------------------------------------------------------------------------------

RUST = {"azure_storage_account_name": ACCOUNT, "azure_storage_account_key": KEY, "azure_storage_endpoint": ENDPOINT,
        "allow_http": "true"}


@case("delta")
def delta_tables_are_created_appended_to_and_raced_for():
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake
    with Fresh() as c:
        uri = f"az://{c.name}/t ü"
        write_deltalake(uri, pa.table({"x": [1, 2]}), storage_options=RUST)
        write_deltalake(uri, pa.table({"x": [3]}), mode="append", storage_options=RUST)
        assert sorted(DeltaTable(uri, storage_options=RUST).to_pyarrow_table()["x"].to_pylist()) == [1, 2, 3]

        def append(index):
            write_deltalake(uri, pa.table({"x": [index]}), mode="append", storage_options=RUST)
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(append, range(10, 22)))
        table = DeltaTable(uri, storage_options=RUST)
        assert sorted(table.to_pyarrow_table()["x"].to_pylist()) == [1, 2, 3] + list(range(10, 22))
        assert table.version() == 13
        other = f"abfss://{c.name}@{ACCOUNT}.dfs.core.windows.net/t2"
        write_deltalake(other, pa.table({"x": [1]}), storage_options=RUST)
        assert DeltaTable(other, storage_options=RUST).version() == 0


@case("delta")
def delta_polars_scans_and_writes_parquet():
    import polars as pl
    with Fresh() as c:
        frame = pl.DataFrame({"x": list(range(100_000)), "t": ["ü"] * 100_000})
        frame.write_parquet(f"az://{c.name}/p/a.parquet", storage_options=RUST)
        frame.write_parquet(f"az://{c.name}/p/b.parquet", storage_options=RUST)
        got = pl.scan_parquet(f"az://{c.name}/p/*.parquet", storage_options=RUST).select(pl.col("x").sum()).collect()
        assert got.item() == 2 * sum(range(100_000))


# --- rclone ---------------------------------------------------------------------------------------------------

def rclone(*arguments, code=0, text=None):
    environment = {**os.environ, "RCLONE_CONFIG": "/dev/null", "RCLONE_AZUREBLOB_ACCOUNT": ACCOUNT,
                   "RCLONE_AZUREBLOB_KEY": KEY, "RCLONE_AZUREBLOB_ENDPOINT": ENDPOINT}
    here = os.path.join(os.path.dirname(sys.executable), "rclone")
    got = subprocess.run([here, "--retries", "1", "--low-level-retries", "1", *arguments], env=environment,
                         capture_output=True, input=text, timeout=300)
    assert got.returncode == code, (arguments, got.returncode, got.stderr[-800:])
    return got.stdout.decode(errors="replace")


@case("rclone")
def rclone_copies_syncs_and_checks():
    import shutil
    import tempfile
    folder = tempfile.mkdtemp()
    try:
        for index, name in enumerate(ODD_NAMES[:7] + ["big"]):
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(noise(30_000_000 if name == "big" else 1000 + index, index))
        with Fresh() as c:
            remote = f":azureblob:{c.name}/r"
            rclone("copy", folder, remote)
            rclone("check", folder, remote)
            rclone("check", "--download", folder, remote)
            listed = sorted(rclone("lsf", "-R", "--files-only", remote).splitlines())
            assert listed == sorted(ODD_NAMES[:7] + ["big"]), listed
            rclone("moveto", f"{remote}/dots...txt", f"{remote}/moved ü.txt")
            rclone("copyto", f"{remote}/moved ü.txt", f"{remote}/copied.txt")
            os.remove(os.path.join(folder, "big"))
            rclone("sync", folder, remote)
            assert "big" not in rclone("lsf", "-R", remote)
            rclone("rcat", f"{remote}/piped", text=b"piped text")
            assert rclone("cat", f"{remote}/piped") == "piped text"
            assert rclone("cat", "--offset", "6", "--count", "2", f"{remote}/piped") == "te"
            rclone("purge", remote)
            assert rclone("lsf", "-R", "--files-only", f":azureblob:{c.name}") == ""
    finally:
        shutil.rmtree(folder)


# --- a disk of 20 MB, on request only -------------------------------------------------------------------------

@case("full")
def full_disk_refuses_and_keeps_what_there_is():
    from azure.core.exceptions import HttpResponseError
    with Fresh() as c:
        b = blobs(c.name)
        b.upload_blob("kept", noise(1_000_000))
        for _ in range(3):
            error = raises(HttpResponseError, lambda: b.upload_blob("kept", noise(30_000_000), overwrite=True), 507)
            assert error.error_code == "InsufficientStorage", error
            f = c.fs.create_file("appended")
            raises(HttpResponseError, lambda: f.append_data(noise(30_000_000), 0), 507)
            f.delete_file()
        assert b.download_blob("kept").readall() == noise(1_000_000)
        b.upload_blob("fits", noise(10_000_000))
        assert b.download_blob("fits").readall() == noise(10_000_000)


# --- running --------------------------------------------------------------------------------------------------

def tell(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def run(group):
    for owner, name, function in CASES:
        if owner != group or options.only not in name:
            continue
        tell(group=group, begun=name)
        began = time.time()
        try:
            function()
            tell(group=group, case=name, ok=True, seconds=round(time.time() - began, 3))
        except BaseException as error:
            where = traceback.extract_tb(error.__traceback__)
            lines = [f.lineno for f in where if f.filename == __file__]
            tell(group=group, case=name, ok=False, seconds=round(time.time() - began, 3),
                 error=f"line {lines[-1] if lines else '?'}: {type(error).__name__}: {error}"[:1500])


def main():
    groups = options.groups or list(dict.fromkeys(group for group, _, _ in CASES if group != "full"))
    for group in groups:
        child = subprocess.Popen(
            [sys.executable, __file__, "--endpoint", ENDPOINT, "--account", ACCOUNT, "--key", KEY, "--folder",
             options.folder, "--only", options.only, "--run-group", group],
            stdout=subprocess.PIPE, text=True)
        open_case = None
        for line in child.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if "begun" in said:
                open_case = said["begun"]
            else:
                open_case = None
                sys.stdout.write(line)
                sys.stdout.flush()
        code = child.wait()
        # A client that ended its process has failed in the case that it was in.
        if open_case is not None or code != 0:
            tell(group=group, case=open_case or "the process", ok=False, seconds=0, error=f"the process ended: {code}")


if options.run_group:
    run(options.run_group)
else:
    main()
