"""What it costs to build one more trivial table: metadata, events, lease, Parquet file and manifest.

    overhead.py [--tables 200] [--runs 3] [--dagster PYTHON]     PYTHON: of an environment with dagster

The cost is (seconds for N tables - seconds for one) / (N - 1), of runs of a lake that was never built.
"""
import argparse, pathlib, shutil, statistics, subprocess, tempfile, time
import lakes

parser = argparse.ArgumentParser()
parser.add_argument("--tables", type=int, default=200)
parser.add_argument("--runs", type=int, default=3)
parser.add_argument("--dagster")
arguments = parser.parse_args()


def once(tables, slots=1):
    folder = tempfile.mkdtemp(prefix="tarn-bench-")
    lake = lakes.make_lake(folder + "/lake", models=tables, slots=slots)
    subprocess.run([lakes.tarn_path, "validate", "--lake", lake], check=True, stdout=subprocess.DEVNULL)
    figures = lakes.measure([lakes.tarn_path, "run", "--lake", lake])
    shutil.rmtree(folder)
    return figures


def bare(tables):
    """The same files by COPY alone, in one DuckDB process."""
    folder = tempfile.mkdtemp(prefix="tarn-bench-")
    code = ("import duckdb, sys\nd = duckdb.connect()\nd.execute('SET threads=1')\n"
            "for n in range(int(sys.argv[2])): d.execute(f\"COPY (SELECT {n} AS x) TO '{sys.argv[1]}/{n}.parquet'\")\n")
    figures = lakes.measure(["python3", "-c", code, folder, str(tables)])
    shutil.rmtree(folder)
    return figures


def nodes(tables):
    """Seconds from the request to the end of a run that a service and three workers build."""
    with lakes.postgres() as (connection, _):
        folder = tempfile.mkdtemp(prefix="tarn-bench-")
        lake = lakes.make_lake(folder + "/lake", models=tables, metadata=connection, slots=2)
        services = [lakes.Service("serve", lake)] + [lakes.Service("worker", lake) for _ in range(3)]
        services[0].ready()
        time.sleep(2)
        began = time.monotonic()
        run = subprocess.run([lakes.tarn_path, "run", "--detach", "--lake", lake], check=True, text=True,
                             capture_output=True).stdout.strip()
        while True:
            shown = subprocess.run([lakes.tarn_path, "runs", "--json", "--limit", "1", "--lake", lake], text=True,
                                   capture_output=True).stdout
            if '"succeeded"' in shown.split('"steps"')[0]:
                break
            time.sleep(0.02)
        seconds = time.monotonic() - began
        for service in services:
            service.end()
        shutil.rmtree(folder)
        return seconds


DAGSTER = """
import dagster, sys
def one(n):
    @dagster.asset(name=f"a{n}")
    def made(): return None
    return made
assets = [one(n) for n in range(int(sys.argv[1]))]
assert dagster.materialize(assets).success
"""


def dagster(assets):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tarn-bench-"))
    (folder / "made.py").write_text(DAGSTER)
    figures = lakes.measure([arguments.dagster, str(folder / "made.py"), str(assets)],
                            env={"DAGSTER_HOME": str(folder), "PATH": "/usr/bin:/bin", "HOME": str(folder)})
    shutil.rmtree(folder)
    return figures


def report(label, build, tables):
    costs = []
    for _ in range(arguments.runs):
        one, many = build(1), build(tables)
        costs.append([(b - a) / (tables - 1) * 1000 for a, b in zip(one, many)])
    wall, cpu = (statistics.median(values) for values in zip(*costs))
    print(f"{label:<44}{wall:>10.2f}{cpu:>10.2f}", flush=True)


print(f"{'ms for each table':<44}{'wall':>10}{'cpu':>10}")
report("COPY alone, one DuckDB process", bare, arguments.tables)
report("tarn run, SQLite, one slot", once, arguments.tables)
report("tarn run, SQLite, four slots", lambda n: once(n, 4), arguments.tables)
if arguments.dagster:
    report("dagster, in process, no-op assets", dagster, 30)
costs = []
for _ in range(arguments.runs):
    costs.append((nodes(arguments.tables) - nodes(1)) / (arguments.tables - 1) * 1000)
print(f"{'tarn serve + 3 workers, PostgreSQL':<44}{statistics.median(costs):>10.2f}")
