"""A night of the demo lake in a store far away, beside the same night on disk.

    night.py TARN [--scale 0.05] [--pairs 5]

Both build everything anew, from the same SQLite databases; the store is served by `tarn store serve` on loopback, in
a process of its own on the same machine. Prints the seconds of each pair, the medians, and their ratio; then the
same for the second night, after a day of business.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("tarn")
parser.add_argument("--scale", default="0.05")
parser.add_argument("--pairs", type=int, default=5)
options = parser.parse_args()
TARN = os.path.abspath(options.tarn)


def run(folder, *arguments):
    started = time.monotonic()
    ended = subprocess.run([TARN, *arguments], cwd=folder, capture_output=True, text=True)
    seconds = time.monotonic() - started
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return seconds, ended.stdout


def digests(folder):
    names = [line.split()[0] for line in run(folder, "assets")[1].splitlines()
             if line.startswith(("silver.", "gold."))]
    sql = ";".join(f"SELECT '{n}', count(*), sum(hash(t)) FROM {n} AS t" for n in sorted(names))
    return run(folder, "sql", "--format", "csv", sql)[1]


def lake(folder, store):
    os.makedirs(folder)
    run(folder, "init", "--template", "telecom", folder)
    file = os.path.join(folder, "lake.yaml")
    text = re.sub(r"^store:.*$", f"store: {store}", open(file).read(), flags=re.M)
    open(file, "w").write(text)


def pairs(title, before, after=lambda folder: None):
    found = []
    for _ in range(options.pairs):
        pair = []
        for folder in (local, far):
            before(folder)
            pair.append(run(folder, "run")[0])
            after(folder)
        found.append(pair)
        print(f"{title}: disk {pair[0]:6.2f} s, adls {pair[1]:6.2f} s, {pair[1] / pair[0]:.2f}", flush=True)
    disk, adls = (statistics.median(p[i] for p in found) for i in (0, 1))
    print(f"{title}: medians {disk:.2f} and {adls:.2f} s; ratio {statistics.median(p[1] / p[0] for p in found):.2f}")


with tempfile.TemporaryDirectory() as root:
    local, far, served = (os.path.join(root, name) for name in ("local", "far", "served"))
    os.makedirs(os.path.join(served, "lake"))
    server = subprocess.Popen([TARN, "store", "serve", served, "--port", "0", "--account", "acct", "--log", "json"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        endpoint = None
        while endpoint is None:
            found = re.search(r'"endpoint":"([^"]+)"', server.stderr.readline().replace("\\/", "/"))
            endpoint = found and found[1]
        key = os.path.join(served, ".tarn-store", "key")
        lake(local, "./lake")
        lake(far, f'{{ url: "adls://lake@acct", endpoint: "{endpoint}", account_key_file: "{key}" }}')
        run(local, "demo", "generate", "--scale", options.scale)
        shutil.copytree(os.path.join(local, "databases"), os.path.join(far, "databases"))

        def empty(folder):
            shutil.rmtree(os.path.join(folder, ".tarn"), ignore_errors=True)
            store = os.path.join(served, "lake") if folder == far else os.path.join(folder, "lake")
            shutil.rmtree(store, ignore_errors=True)
            os.mkdir(store)

        def business(folder):
            run(folder, "demo", "generate", "--scale", options.scale, "--advance-days", "1")

        pairs("everything", empty)
        assert digests(local) == digests(far), "the rows differ"
        pairs("a day of business", business)
        assert digests(local) == digests(far), "the rows differ"
        print("equal rows")
    finally:
        server.terminate()
