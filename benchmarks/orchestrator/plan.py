"""How long a lake of 10,000 models takes to load and plan, the second time: its SQL is known then.

    plan.py [--models 10000]

Once as long as nothing is built, so that everything is to be, and once when everything is built.
"""
import argparse, pathlib, shutil, statistics, subprocess, tempfile
import lakes

parser = argparse.ArgumentParser()
parser.add_argument("--models", type=int, default=10_000)
arguments = parser.parse_args()
folder = tempfile.mkdtemp(prefix="tarn-bench-")
lake = lakes.make_lake(folder + "/lake", models=1)
models = pathlib.Path(lake, "models/silver")
for number in range(1, arguments.models):
    # Each reads two before it, so that the graph is deep and wide.
    (models / f"m{number}.sql").write_text(
        f"/*---\ndescription: Table {number}\ncolumns: {{ x: {{ type: INTEGER, checks: [not_null] }} }}\n---*/\n"
        f"SELECT greatest(a.x, b.x) AS x FROM silver.m{number // 2} AS a JOIN silver.m{number - 1} AS b ON true\n")
for state in ("nothing is built", "all is built"):
    print(state)
    for words in (["plan", "silver.m0"], ["plan"], ["assets"]):
        command = [lakes.tarn_path, *words, "--json", "--lake", lake]
        first = lakes.measure(command)
        runs = [lakes.measure(command) for _ in range(5)]
        wall, cpu = (statistics.median(values) for values in zip(*runs))
        print(f"  {'tarn ' + ' '.join(words):<24}first {first[0]:>7.2f} s   then {wall:>7.3f} s wall, {cpu:>7.3f} s CPU", flush=True)
    if state == "nothing is built":
        wall, cpu = lakes.measure([lakes.tarn_path, "run", "--json", "--lake", lake])
        print(f"  tarn run                {wall:.1f} s wall, {cpu:.1f} s CPU", flush=True)
shutil.rmtree(folder)
