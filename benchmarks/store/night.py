"""A night of the demo lake in a store far away, beside the same night on disk.

    night.py TARN [--scale 0.05] [--pairs 5]

Both build everything anew, from the same SQLite databases; the store is served by `tarn store serve` on loopback, in
a process of its own on the same machine. Prints the seconds of each pair, the medians, and their ratio; then the
same for the second night, after a day of business.
"""
import argparse
import os
import shutil
import statistics

from lakes import Lake, served

parser = argparse.ArgumentParser()
parser.add_argument("tarn")
parser.add_argument("--scale", default="0.05")
parser.add_argument("--pairs", type=int, default=5)
options = parser.parse_args()


def pairs(title, before):
    found = []
    for _ in range(options.pairs):
        pair = []
        for lake in (local, far):
            before(lake)
            pair.append(lake.run("run")[0])
        found.append(pair)
        print(f"{title}: disk {pair[0]:6.2f} s, adls {pair[1]:6.2f} s, {pair[1] / pair[0]:.2f}", flush=True)
    disk, adls = (statistics.median(p[i] for p in found) for i in (0, 1))
    print(f"{title}: medians {disk:.2f} and {adls:.2f} s; ratio {statistics.median(p[1] / p[0] for p in found):.2f}")
    assert local.digests() == far.digests(), "the rows differ"


with served(options.tarn) as (root, container, store):
    local, far = (Lake(options.tarn, os.path.join(root, name)) for name in ("local", "far"))
    local.init("./lake")
    far.init(store)
    local.run("demo", "generate", "--scale", options.scale)
    shutil.copytree(os.path.join(local.folder, "databases"), os.path.join(far.folder, "databases"))

    def empty(lake):
        shutil.rmtree(os.path.join(lake.folder, ".tarn"), ignore_errors=True)
        folder = container if lake is far else os.path.join(lake.folder, "lake")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)

    pairs("everything", empty)
    pairs("a day of business", lambda lake: lake.run("demo", "generate", "--scale", options.scale, "--advance-days", "1"))
    print("equal rows")
