#!/usr/bin/env python3
"""Extracts the tables with tarn and with each peer, and prints a Markdown table of pairs.

    compare.py [--tarn BINARY] [--work FOLDER] [--scale 1] [-n 5] [--slow-n 1] [--tables ...] [--contestants ...]

Every figure is of a whole process, its start included. In each round every contestant runs once, and directly before
it the floor: drain.c, which reads the same rows with as many connections and throws them away. Ratios are taken pair by
pair and their median is shown, so they hold on a machine whose speed drifts; wall times alone do not.
"""
import argparse, os, pathlib, statistics, subprocess, sys, tempfile
import common, lake, tables

FULL = ["invoice_item", "apn_usage"]


class Contestant:
    def __init__(self, label, connections=1, is_slow=False, avoids_zero_dates=False, script=None, options=(),
                 parallel=None):
        self.label, self.connections, self.is_slow = label, connections, is_slow
        self.avoids_zero_dates, self.script, self.options, self.parallel = avoids_zero_dates, script, options, parallel

    def table(self, table):
        if table == "invoice_item" and self.avoids_zero_dates:
            table += "_nz"
        return table + ("_1m" if self.is_slow else "")


CONTESTANTS = {
    "tarn": Contestant("tarn, 1 connection", parallel=1),
    "tarn-2": Contestant("tarn, 2 connections", connections=2, parallel=2),
    "tarn-1m": Contestant("tarn, 1 connection, 1M rows", is_slow=True, parallel=1),
    "connectorx": Contestant("connectorx", avoids_zero_dates=True, script="connectorx_copy.py", options=["1"]),
    "connectorx-2": Contestant("connectorx, 2 partitions", 2, avoids_zero_dates=True, script="connectorx_copy.py",
                               options=["2"]),
    "duckdb": Contestant("DuckDB mysql extension", script="duckdb_copy.py"),
    "dlt-connectorx": Contestant("dlt, connectorx backend", is_slow=True, avoids_zero_dates=True, script="dlt_copy.py",
                                 options=["connectorx"]),
    "dlt-pyarrow": Contestant("dlt, pyarrow backend", is_slow=True, avoids_zero_dates=True, script="dlt_copy.py",
                              options=["pyarrow"]),
    "sling": Contestant("sling", is_slow=True, script="sling_copy.py"),
}


class Comparison:
    def __init__(self, work, server, tarn, database, rows):
        self.work, self.server, self.tarn, self.database, self.rows = work, server, tarn, database, rows
        self.environment = server.environment(database)
        self.python = common.peers_python(work)
        self.drain = common.drain_program(work)
        self.can_split = lake.knows(tarn, "parallel")

    def floor(self, table, connections):
        share = -(-self.rows[table] // connections)
        statements = [f"SELECT * FROM {table}"] if connections == 1 else [
            f"SELECT * FROM {table} WHERE id > {number * share} AND id <= {(number + 1) * share}"
            for number in range(connections)]
        figures = common.measured(self.work, [
            self.drain, "127.0.0.1", self.server.port, common.USER, common.PASSWORD, self.database, *statements])
        if f"rows={self.rows[table]} " not in figures.output:
            sys.exit(f"the drain of {table} read {figures.output.strip()}, not {self.rows[table]} rows")
        return figures

    def run(self, contestant, table, timeout, is_first):
        """One extraction into a fresh folder, which is verified and then removed."""
        with tempfile.TemporaryDirectory(dir=self.work, prefix="run-") as folder:
            folder = pathlib.Path(folder)
            if contestant.script:
                target = folder / ("out" if "dlt" in contestant.script else "out.parquet")
                command = [self.python, common.HERE / "peers" / contestant.script, table, target, *contestant.options]
            else:
                target = lake.make(self.tarn, folder / "lake", self.server, self.database,
                                   {table: f"parallel: {contestant.parallel}" if self.can_split else ""})
                command = [self.tarn, "run", "--lake", target]
            # dlt keeps a second copy of the files beside its state.
            written = target / "out" if contestant.script == "dlt_copy.py" else target
            figures = common.measured(self.work, command, self.environment, timeout)
            checked = subprocess.run(
                [self.python, common.HERE / "verify.py", table, str(self.rows[table]), str(tables.SEED),
                 "all" if is_first else "count", written], capture_output=True, text=True)
            if checked.returncode != 0:
                raise common.Failure(checked.stderr.strip()[-300:])
            os.sync()
            return figures


def median(values):
    return statistics.median(list(values))


def report(rows, results, failures):
    print("| contestant | table | rows | n | wall s | rows/s | × drain | min–max | CPU s | peak MiB | × tarn |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for (name, base), pairs in results.items():
        contestant = CONTESTANTS[name]
        table = contestant.table(base)
        if (name, base) in failures:
            reason = failures[name, base].replace("|", "/").replace("\n", " ")
            print(f"| {contestant.label} | {table} | {rows[table]:,} | | failed: {reason[:160]} | | | | | | |")
            continue
        if not pairs:
            continue
        wall = median(own.wall for own, _ in pairs.values())
        ratios = [own.wall / floor.wall for own, floor in pairs.values()]
        # Against tarn's run of the same round and of as many rows.
        reference = "tarn-1m" if contestant.is_slow else "tarn"
        ours = results.get((reference, base), {})
        against = [own.wall / ours[number][0].wall for number, (own, _) in pairs.items() if number in ours]
        print(f"| {contestant.label} | {table} | {rows[table]:,} | {len(pairs)} | {wall:.2f} | "
              f"{rows[table] / wall / 1e3:,.0f}k | {median(ratios):.2f} ({contestant.connections} conn.) | "
              f"{min(ratios):.2f}–{max(ratios):.2f} | {median(own.cpu for own, _ in pairs.values()):.1f} | "
              f"{median(own.peak_mib for own, _ in pairs.values()):,.0f} | "
              f"{f'{median(against):.2f}' if against and name != reference else ''} |")
    for base in FULL:
        for connections in (1, 2):
            # Only of the whole tables: floors of the small variants are others.
            walls = [floor.wall for (name, table), pairs in results.items() for _, floor in pairs.values()
                     if table == base and CONTESTANTS[name].connections == connections
                     and not CONTESTANTS[name].is_slow]
            if walls:
                print(f"| drain, {connections} conn. | {base} | {rows[base]:,} | {len(walls)} | {median(walls):.2f} | "
                      f"{rows[base] / median(walls) / 1e3:,.0f}k | 1 | {min(walls):.2f}–{max(walls):.2f} s | | | |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tarn", help="default: the release build of this repository")
    parser.add_argument("--work", help="default: ~/.cache/tarn/bench-extraction")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("-n", type=int, default=5, help="pairs of each contestant")
    parser.add_argument("--slow-n", type=int, default=1, help="pairs of those that only read the small variants")
    parser.add_argument("--timeout", type=float, default=900, help="seconds of one run")
    parser.add_argument("--tables", nargs="+", choices=FULL, default=FULL)
    parser.add_argument("--contestants", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    arguments = parser.parse_args()
    work, tarn = common.work_folder(arguments.work), common.tarn_binary(arguments.tarn)
    with common.Server(work / "server") as server:
        rows = tables.ensure(server, work, arguments.scale)
        comparison = Comparison(work, server, tarn, tables.database(arguments.scale), rows)
        entrants = {name: CONTESTANTS[name] for name in arguments.contestants}
        if not comparison.can_split and entrants.pop("tarn-2", None):
            print("this tarn reads a table with one connection only; tarn-2 is left out", file=sys.stderr)
        results = {(name, base): {} for base in arguments.tables for name in entrants}
        failures = {}
        for table in {entrant.table(base) for entrant in entrants.values() for base in arguments.tables
                      if entrant.table(base) in rows}:
            comparison.floor(table, 1)
        try:
            for number in range(max(arguments.n, arguments.slow_n)):
                for (name, base), pairs in results.items():
                    contestant = entrants[name]
                    pairs_max = arguments.slow_n if contestant.script and contestant.is_slow else arguments.n
                    if (name, base) in failures or number >= pairs_max:
                        continue
                    table = contestant.table(base)
                    floor = comparison.floor(table, contestant.connections)
                    try:
                        own = comparison.run(contestant, table, arguments.timeout, not pairs)
                    except common.Failure as failure:
                        failures[name, base] = str(failure)
                        print(f"{contestant.label}, {table}: {failure}", file=sys.stderr)
                        continue
                    pairs[number] = (own, floor)
                    print(f"{number + 1}: {contestant.label}, {table}: {own.wall:.2f} s, drain {floor.wall:.2f} s, "
                          f"ratio {own.wall / floor.wall:.2f}, {own.peak_mib:.0f} MiB", file=sys.stderr)
        finally:
            # Whoever stops it early gets the pairs that there are.
            report(rows, results, failures)


if __name__ == "__main__":
    main()
