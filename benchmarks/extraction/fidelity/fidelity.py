#!/usr/bin/env python3
"""Reads every type and edge value with tarn and with each peer, and prints who lost what.

    fidelity/fidelity.py [--tarn BINARY] [--work FOLDER] [--readers ...] [--cases WORD] [--keep FOLDER]

A MariaDB in a temporary folder has one table per case; it lives in Europe/London. Each reader writes Parquet, and every
value is compared with the truth of cases.py. The exit code is 1 if tarn lost or changed anything without reporting it.
"""
import argparse, json, os, pathlib, shutil, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import common

#: From harmless to harmful; a case's outcome is the worst of its values.
OUTCOMES = ["exact", "zone", "changed, reported", "NULL, reported", "error", "invalid Parquet",
            "NULL silently", "changed silently"]
SHOWN = {"exact": "exact", "zone": "exact, zone unsaid", "NULL silently": "**NULL silently**",
         "invalid Parquet": "**invalid Parquet**",
         "changed silently": "**changed silently**"}


def outcome(case, heard, files):
    """The worst that happened to a case's values, and an example of it."""
    import pyarrow, pyarrow.parquet, truth
    if heard["error"]:
        return "error", heard["error"]
    if not files:
        return "error", "no file was written, and no failure was reported"
    whole = pyarrow.concat_tables([pyarrow.parquet.ParquetFile(file).read() for file in files])
    rows = {}
    if "v" in whole.column_names:
        texts = truth.plain(whole["v__text"]) if "v__text" in whole.column_names else [None] * len(whole)
        for key, value, text in zip(whole["id"].to_pylist(), truth.plain(whole["v"]), texts):
            rows[int(key)] = text if value is None and text is not None else value
    worst, example = "exact", ""
    losses = []
    for key, (_, true) in enumerate(case.values, 1):
        verdict = truth.verdict(case.kind, true, rows.get(key))
        if "v" in whole.column_names and key not in rows:
            losses.append(("changed", true, "no row"))
        elif verdict in ("null", "changed", "broken"):
            losses.append((verdict, true, rows.get(key)))
        elif verdict == "zone" and worst == "exact":
            worst, example = "zone", f"{shown(true)} became {shown(rows.get(key))}"
    # The ledger counts values; a reader of which only the log speaks is taken to mean all of them.
    is_reported = heard["reported"] >= len(losses) if "reported" in heard else heard["said"]
    for verdict, true, found in losses:
        result = ("NULL" if verdict == "null" else "changed") + (", reported" if is_reported else " silently")
        if verdict == "broken":
            result = "invalid Parquet"
        if OUTCOMES.index(result) > OUTCOMES.index(worst):
            missing = " (the column is not in the file)" if "v" not in whole.column_names else ""
            worst, example = result, f"{shown(true)} became {shown(found)}{missing}"
    if not losses and heard.get("reported") and "v__text" not in whole.column_names:
        example = f"exact, yet reported: {', '.join(heard['reasons'])}"
    return worst, example


def shown(value):
    text = repr(value)
    return text if len(text) <= 90 else f"{text[:60]}… ({len(text)} characters)"


def report(cases, names, outcomes):
    print("| case | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for table, case in cases:
        print(f"| {case.name} | " + " | ".join(SHOWN.get(outcomes[name][table][0], outcomes[name][table][0])
                                                for name in names) + " |")
    print()
    print("| outcome | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for kind in OUTCOMES:
        counts = [sum(one[0] == kind for one in outcomes[name].values()) for name in names]
        print(f"| {SHOWN.get(kind, kind)} | " + " | ".join(map(str, counts)) + " |")
    print("\nExamples of what is not exact:\n")
    for name in names:
        for table, case in cases:
            result, example = outcomes[name][table]
            if example:
                print(f"- {name}, {case.name}: {result}: `{' '.join(example.replace('`', ' ').split())}`")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tarn", help="default: the release build of this repository")
    parser.add_argument("--work", help="default: ~/.cache/tarn/bench-extraction")
    parser.add_argument("--readers", nargs="+", help="names of readers; default: all")
    parser.add_argument("--cases", help="only the cases whose name contains this")
    parser.add_argument("--keep", help="a new folder for what was written, instead of removing it")
    arguments = parser.parse_args()
    work, binary = common.work_folder(arguments.work), common.tarn_binary(arguments.tarn)
    python = common.peers_python(work)
    if pathlib.Path(sys.prefix) != pathlib.Path(python).parents[1]:
        # Parquet is read with the peers' pyarrow, so the rest runs in their environment.
        os.execv(python, [python, __file__, *sys.argv[1:]])
    import cases, check_truth, readers
    check_truth.run()
    chosen = [(table, case) for table, case in cases.tables() if (arguments.cases or "").lower() in case.name.lower()]
    folder = pathlib.Path(arguments.keep or tempfile.mkdtemp(prefix="run-", dir=work))
    folder.mkdir(exist_ok=True)
    outcomes = {}
    try:
        with common.Server(folder / "server", buffer_pool="256M", zone="Europe/London") as server:
            server.sql("CREATE DATABASE fidelity CHARACTER SET utf8mb4")
            # No mode: zero, partial and impossible dates are stored as they are.
            server.sql("SET SESSION sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00';\n"
                       + ";\n".join(cases.statements()), "fidelity")
            cases.damage(server, "fidelity")
            environment = {**os.environ, **server.environment("fidelity")}
            for name, (read, files) in readers.all_readers(binary, server, "fidelity", environment).items():
                if arguments.readers and name not in arguments.readers:
                    continue
                target = folder / name.replace(", ", "-").replace(" ", "-")
                heard = read(target, [table for table, _ in chosen])
                outcomes[name] = {table: outcome(case, heard[table], files(target, table)) for table, case in chosen}
                print(f"{name}: read", file=sys.stderr)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    report(chosen, list(outcomes), outcomes)
    silent = [table for table, (result, _) in outcomes.get("tarn", {}).items() if "silently" in result]
    sys.exit(1 if silent else 0)


if __name__ == "__main__":
    main()
