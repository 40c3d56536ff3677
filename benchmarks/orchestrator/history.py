"""How fast `tarn runs` and `tarn status` answer over a long history: 100,000 runs with 1,000,000 events.

    history.py [--runs 100000]
"""
import argparse, pathlib, shutil, sqlite3, statistics, subprocess, tempfile
import lakes

parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=100_000)
arguments = parser.parse_args()
# One run of five steps is copied: the same rows with other ids and times. Two minutes lie between two runs.
COPIES = """
INSERT INTO run ({run}) SELECT {run_values} FROM run AS o CROSS JOIN {numbers} WHERE o.id = '{id}';
INSERT INTO step ({step}) SELECT {step_values} FROM step AS o CROSS JOIN {numbers} WHERE o.run_id = '{id}';
INSERT INTO attempt ({attempt}) SELECT {attempt_values} FROM attempt AS o CROSS JOIN {numbers} WHERE o.run_id = '{id}';
INSERT INTO event ({event}) SELECT {event_values} FROM event AS o CROSS JOIN {numbers}
    WHERE o.run_id = '{id}' AND o.sequence <= 10;
"""


def script(columns, run, numbers):
    def values(table, key):
        out = []
        for column in columns[table]:
            if column == key:
                out.append("'20260101T000000Z-' || substr('000000' || CAST(n.n AS TEXT), length(CAST(n.n AS TEXT)) + 1)")
            elif column.endswith("_at"):
                out.append(f"o.{column} - CAST(n.n AS BIGINT) * 120000000")
            else:
                out.append(f"o.{column}")
        return ", ".join(out)

    return COPIES.format(
        id=run, numbers=numbers, **{table: ", ".join(columns[table]) for table in columns},
        **{f"{table}_values": values(table, "id" if table == "run" else "run_id") for table in columns})


def show(label, lake):
    for words in (["runs"], ["runs", "--asset", "silver.m3", "--state", "failed"], ["status"], ["run", "show"]):
        command = [lakes.tarn_path, *words, "--lake", lake]
        lakes.measure(command)
        seconds = statistics.median(lakes.measure(command)[0] for _ in range(7))
        print(f"{label:<14}{'tarn ' + ' '.join(words):<52}{seconds * 1000:>8.1f} ms", flush=True)


TABLES = ["run", "step", "attempt", "event"]
folder = tempfile.mkdtemp(prefix="tarn-bench-")
lake = lakes.make_lake(folder + "/lake", models=5)
subprocess.run([lakes.tarn_path, "run", "--lake", lake], check=True, stdout=subprocess.DEVNULL)
store = sqlite3.connect(f"{lake}/.tarn/tarn.db")
columns = {table: [row[1] for row in store.execute(f"PRAGMA table_info({table})")] for table in TABLES}
run = store.execute("SELECT id FROM run").fetchone()[0]
store.execute("PRAGMA foreign_keys = OFF")
store.executescript(script(
    columns, run,
    f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {arguments.runs}) SELECT n FROM c) AS n"))
store.commit()
count = store.execute("SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM event)").fetchone()
store.close()
print(f"SQLite: {count[0]} runs, {count[1]} events, "
      f"{pathlib.Path(lake, '.tarn/tarn.db').stat().st_size / 1e6:.0f} MB")
show("SQLite", lake)
shutil.rmtree(folder)
with lakes.postgres() as (connection, sql):
    folder = tempfile.mkdtemp(prefix="tarn-bench-")
    lake = lakes.make_lake(folder + "/lake", models=5, metadata=connection)
    subprocess.run([lakes.tarn_path, "run", "--lake", lake], check=True, stdout=subprocess.DEVNULL)
    columns = {table: sql(f"SELECT column_name FROM information_schema.columns WHERE table_schema = 'tarn' "
                          f"AND table_name = '{table}' ORDER BY ordinal_position").stdout.split() for table in TABLES}
    run = sql("SELECT id FROM tarn.run").stdout.strip()
    filled = sql("SET search_path = tarn;" + script(columns, run, f"generate_series(1, {arguments.runs}) AS n(n)")
                 + "ANALYZE;")
    assert filled.returncode == 0, filled.stderr
    print("PostgreSQL:", sql("SELECT (SELECT count(*) FROM tarn.run), (SELECT count(*) FROM tarn.event)").stdout.strip())
    show("PostgreSQL", lake)
    shutil.rmtree(folder)
