"""Trivial models (SELECT 1 row) built by Tarn, dbt-duckdb and SQLMesh in turn: what each costs for one more model.

    trivial.py --peers PYTHON [--models 101] [-n 3]      PYTHON has dbt-duckdb and sqlmesh (pip install)

The cost of a model is the difference between a lake of many and a lake of one, divided by their number. Tarn writes and syncs a
Parquet file, a manifest and the history of every model; dbt and SQLMesh make tables of one DuckDB file.
"""
import argparse, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "orchestrator"))
import lakes

parser = argparse.ArgumentParser()
parser.add_argument("--peers")
parser.add_argument("--models", type=int, default=101)
parser.add_argument("-n", type=int, default=3)
arguments = parser.parse_args()
folder = pathlib.Path(tempfile.mkdtemp(prefix="tarn-bench-"))
binaries = pathlib.Path(arguments.peers).parent if arguments.peers else None
environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true",
               "DO_NOT_TRACK": "1"}


def tarn(count):
    lake = lakes.make_lake(folder / f"tarn{count}", models=count)
    lakes.measure([lakes.tarn_path, "plan", "--lake", lake])
    return lambda: lakes.measure([lakes.tarn_path, "run", "--force", "--lake", lake])


def dbt(count):
    project = folder / f"dbt{count}"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: bench\nversion: '1.0.0'\nprofile: bench\nmodels: { bench: { +materialized: table } }\n")
    (project / "profiles.yml").write_text(
        f"bench: {{ target: a, outputs: {{ a: {{ type: duckdb, path: '{project}/bench.duckdb', threads: 1 }} }} }}\n")
    for number in range(count):
        (project / f"models/m{number}.sql").write_text(f"SELECT {number} AS x\n")
    command = [binaries / "dbt", "-q", "run", "--project-dir", project, "--profiles-dir", project]
    lakes.measure(command, cwd=project, env=environment)
    return lambda: lakes.measure(command, cwd=project, env=environment)


def sqlmesh(count):
    def run():
        project = folder / f"mesh{count}"
        shutil.rmtree(project, ignore_errors=True)
        (project / "models").mkdir(parents=True)
        (project / "config.yaml").write_text(
            f"gateways: {{ a: {{ connection: {{ type: duckdb, database: '{project}/bench.duckdb' }} }} }}\n"
            "default_gateway: a\nmodel_defaults: { dialect: duckdb, start: '2026-01-01' }\n")
        for number in range(count):
            (project / f"models/m{number}.sql").write_text(f"MODEL (name silver.m{number}, kind FULL);\nSELECT {number} AS x\n")
        return lakes.measure([binaries / "sqlmesh", "-p", project, "plan", "--auto-apply", "--no-prompts"], cwd=project,
                             env=environment)
    return run


sides = {"tarn run --force": tarn}
if binaries:
    sides |= {"dbt run": dbt, "sqlmesh plan (first)": sqlmesh}
runs = {name: (side(1), side(arguments.models)) for name, side in sides.items()}
results = {name: [] for name in sides}
for _ in range(arguments.n):
    for name, (one, many) in runs.items():
        (a, acpu), (b, bcpu) = one(), many()
        results[name].append((a, b, (b - a) / (arguments.models - 1) * 1000, (bcpu - acpu) / (arguments.models - 1) * 1000))
print(f"{'':<24}{'1 model s':>10}{str(arguments.models) + ' s':>10}{'ms each':>10}{'CPU ms':>10}")
for name, values in results.items():
    print(f"{name:<24}" + "".join(f"{statistics.median(column):>10.2f}" for column in zip(*values)))
shutil.rmtree(folder)
