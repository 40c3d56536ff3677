#!/usr/bin/env python3
"""Runs a lake of N incremental MySQL tables of which none has a new row, and measures the whole process.

    benchmarks/extraction/nothing_new.py [--tables N] [--rows ROWS] [-n RUNS] [--tarn BINARY] [--work FOLDER]

Each run connects, asks clocks, compares columns, looks for rows behind each watermark, and records the run. The first
run, which fills bronze, is not measured. Fails if a measured run committed anything.
"""
import argparse, os, pathlib, statistics, subprocess, sys, tempfile, time
import common, lake

DATABASE = "bench_still"


def fill(server, tables, rows):
    statements = [f"DROP DATABASE IF EXISTS {DATABASE}; CREATE DATABASE {DATABASE}; USE {DATABASE};"]
    for number in range(tables):
        statements.append(
            f"CREATE TABLE t{number} (id INT PRIMARY KEY, name VARCHAR(40), amount DECIMAL(12,2), updated_at DATETIME(6) "
            f"NOT NULL, KEY (updated_at)); INSERT INTO t{number} SELECT seq, CONCAT('name ', seq), seq / 7, "
            f"'2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_{rows};")
    server.sql("\n".join(statements))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=50)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("-n", type=int, default=9)
    parser.add_argument("--tarn")
    parser.add_argument("--work")
    arguments = parser.parse_args()
    work, tarn = common.work_folder(arguments.work), common.tarn_binary(arguments.tarn)
    with common.Server(work / "server") as server, tempfile.TemporaryDirectory(prefix="tarn-bench-") as folder:
        fill(server, arguments.tables, arguments.rows)
        keys = "mode: incremental, key: [id], cursor: updated_at"
        root = lake.make(tarn, pathlib.Path(folder) / "lake", server, DATABASE,
                         {f"t{number}": keys for number in range(arguments.tables)})
        environment = dict(os.environ, BENCH_PASSWORD=common.PASSWORD)

        def run():
            began = time.monotonic()
            done = subprocess.run([tarn, "run"], cwd=root, env=environment, capture_output=True, text=True)
            took = time.monotonic() - began
            if done.returncode != 0:
                sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
            return took

        def commits():
            return sum(1 for _ in (root / "lake").rglob("*.parquet"))

        first, files = run(), commits()
        times = [run() for _ in range(arguments.n)]
        if commits() != files or files != arguments.tables:
            sys.exit(f"{files} files before and {commits()} after: something was committed")
        print(f"{arguments.tables} tables of {arguments.rows:,} rows: first run {first:.2f} s; nothing new: median "
              f"{statistics.median(times):.3f} s of {len(times)}, {min(times):.3f}–{max(times):.3f} s")


if __name__ == "__main__":
    main()
