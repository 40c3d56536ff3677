"""Times whole processes, two commands in turn, and prints min, median and max of each figure and of the ratio.

    measure.py [-n RUNS] [--warm-up N] LABEL=COMMAND [LABEL=COMMAND]

Each COMMAND is run by the shell. Figures are the operating system's own of the finished process (wait4): wall and
CPU seconds, peak resident memory. With two commands they alternate, and the ratio is taken pair by pair, so that it
holds on a machine whose speed drifts.
"""
import argparse, os, statistics, subprocess, sys, time


def run(command):
    began = time.monotonic()
    process = subprocess.Popen(["sh", "-c", "exec " + command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command}\nended with {process.returncode}: {error.decode()[-2000:]}")
    return {"wall s": time.monotonic() - began, "cpu s": usage.ru_utime + usage.ru_stime,
            "peak MiB": usage.ru_maxrss / 1024}


def row(label, values):
    print(f"  {label:<28}{min(values):>10.3f}{statistics.median(values):>10.3f}{max(values):>10.3f}")


parser = argparse.ArgumentParser()
parser.add_argument("-n", type=int, default=5)
parser.add_argument("--warm-up", type=int, default=1)
parser.add_argument("commands", nargs="+")
arguments = parser.parse_args()
commands = [text.split("=", 1) for text in arguments.commands]
results = {label: [] for label, _ in commands}
for number in range(-arguments.warm_up, arguments.n):
    for label, command in commands:
        figures = run(command)
        if number >= 0:
            results[label].append(figures)
print(f"  {'(' + str(arguments.n) + ' runs)':<28}{'min':>10}{'median':>10}{'max':>10}")
for label, runs in results.items():
    for figure in runs[0]:
        row(f"{label} {figure}", [one[figure] for one in runs])
if len(results) == 2:
    first, second = results.values()
    for figure in first[0]:
        row(f"ratio {figure}", [a[figure] / b[figure] for a, b in zip(first, second)])
