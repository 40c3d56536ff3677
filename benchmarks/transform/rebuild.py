"""All models of a lake, rebuilt by Tarn (write, audit, publish), beside the same SELECTs in one plain DuckDB shell (write only).

    rebuild.py LAKE [-n 3] [--memory 4GB] [--only tarn]      needs the command duckdb of Tarn's version (pip install duckdb-cli)

LAKE is a lake of the telecom template in which everything is built. Histories (scd2) are left out: their statement is Tarn's own.
"""
import argparse, json, os, pathlib, re, shutil, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "orchestrator"))
import lakes

parser = argparse.ArgumentParser()
parser.add_argument("lake")
parser.add_argument("-n", type=int, default=3)
parser.add_argument("--memory", default="4GB")
parser.add_argument("--only", choices=["tarn"])
arguments = parser.parse_args()
lake = pathlib.Path(arguments.lake).resolve()
settings = lake / "lake.yaml"
text = settings.read_text()
settings.write_text(re.sub(r"memory_limit: [^ ,}]+", f"memory_limit: {arguments.memory}", text))


def sql_of(asset):
    layer, table = asset.split(".")
    return (lake / f"models/{layer}/{table}.sql").read_text()


def tarn_json(*words):
    return json.loads(subprocess.run([lakes.tarn_path, *words, "--json", "--lake", lake], text=True,
                                     capture_output=True, check=True).stdout)


planned = [step["asset"] for step in tarn_json("plan", "silver.*", "gold.*", "--force", "--all")]
models = [asset for asset in dict.fromkeys(planned) if "materialization: scd2" not in sql_of(asset)]
histories = sorted(set(planned) - set(models))
work = pathlib.Path(tempfile.mkdtemp(prefix="tarn-bench-"))
lines = ["SET threads = 2;", f"SET memory_limit = '{arguments.memory}';", f"SET temp_directory = '{work}/spill';"]
views = tarn_json("sql", "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE NOT internal AND schema_name LIKE 'bronze%'")
for view in views:
    lines.append(f"CREATE SCHEMA IF NOT EXISTS {view['schema_name']}; {view['sql']}")
lines.append("CREATE SCHEMA silver; CREATE SCHEMA gold;")
for asset in histories:
    lines.append(f"CREATE VIEW {asset} AS FROM '{lake}/lake/{asset.replace('.', '/')}/latest.parquet';")
for asset in models:
    select = re.sub(r"^/\*---.*?---\*/", "", sql_of(asset), flags=re.S)
    lines += [f"COPY (\n{select}\n) TO '{work}/{asset}.parquet' (FORMAT parquet, COMPRESSION snappy);",
              f"CREATE VIEW {asset} AS FROM '{work}/{asset}.parquet';"]
script = work / "shell.sql"
script.write_text("\n".join(lines))


def measure(command):
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command}\n{output.decode()[-3000:]}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


commands = {"tarn": [lakes.tarn_path, "run", *models, "--force", "--lake", str(lake)],
            "shell": ["duckdb", "-bail", "-f", str(script)]}
if arguments.only:
    del commands["shell"]
results = {name: [] for name in commands}
for number in range(arguments.n):
    for name, command in commands.items():
        results[name].append(measure(command))
print(f"{len(models)} models, memory limit {arguments.memory}, medians of {arguments.n}")
print(f"{'':<10}{'wall s':>10}{'CPU s':>10}{'peak MiB':>10}")
for name, values in results.items():
    print(f"{name:<10}" + "".join(f"{statistics.median(column):>10.1f}" for column in zip(*values)))
if not arguments.only:
    for index, name in enumerate(["wall", "CPU"]):
        ratios = [one[index] / other[index] for one, other in zip(results["tarn"], results["shell"])]
        print(f"ratio, {name}: {min(ratios):.3f} {statistics.median(ratios):.3f} {max(ratios):.3f}")
settings.write_text(text)
shutil.rmtree(work)
