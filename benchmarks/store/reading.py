"""Queries of a table in a store far away: read in ranges, and by way of copies.

    reading.py TARN [--scale 0.05] [--runs 5]

A second copy of the program, with the library but without DuckDB's azure extension beside it, reads by way of copies.
Medians of the seconds of `tarn sql`, with nothing in the cache before, and with everything in it.
"""
import argparse
import os
import shutil
import statistics
import subprocess

from lakes import Lake, served

parser = argparse.ArgumentParser()
parser.add_argument("tarn")
parser.add_argument("--scale", default="0.05")
parser.add_argument("--runs", type=int, default=5)
options = parser.parse_args()

QUERIES = {
    "a count": "SELECT count(*) FROM silver.fact_invoice_item",
    "two columns": "SELECT charge_type_id, sum(net_amount) FROM silver.fact_invoice_item GROUP BY ALL",
    "all columns": "SELECT sum(hash(t)) FROM silver.fact_invoice_item AS t",
}


def library(tarn):
    for line in subprocess.run(["ldd", tarn], capture_output=True, text=True).stdout.splitlines():
        if "libduckdb" in line:
            return line.split()[2]


with served(options.tarn) as (root, _, store):
    lake = Lake(options.tarn, os.path.join(root, "far"))
    lake.init(store)
    lake.run("demo", "generate", "--scale", options.scale)
    lake.run("run", "+silver.fact_invoice_item")
    bare = os.path.join(root, "bare", "bin")
    os.makedirs(bare)
    shutil.copy(options.tarn, os.path.join(bare, "tarn"))
    shutil.copy(library(options.tarn), bare)
    without = Lake(os.path.join(bare, "tarn"), lake.folder)
    cache = os.path.join(lake.folder, ".tarn", "store")
    for title, query in QUERIES.items():
        figures = {}
        for name, reader, isWarm in [("ranges", lake, False), ("copies, cold", without, False),
                                     ("copies, warm", without, True)]:
            seconds = []
            for _ in range(options.runs):
                if not isWarm:
                    shutil.rmtree(cache, ignore_errors=True)
                seconds.append(reader.run("sql", query)[0])
            figures[name] = statistics.median(seconds)
        print(f"{title}: " + ", ".join(f"{name} {value:.3f} s" for name, value in figures.items()), flush=True)
