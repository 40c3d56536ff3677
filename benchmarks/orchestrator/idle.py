"""What `tarn serve` takes while it has nothing to do: memory, CPU, and how soon it is ready.

    idle.py [--seconds 30] [--schedules 1000]
"""
import argparse, shutil, statistics, subprocess, tempfile, time
import lakes

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=float, default=30)
parser.add_argument("--schedules", type=int, default=1000)
arguments = parser.parse_args()


def idle(service):
    before = service.cpu()
    time.sleep(arguments.seconds)
    return service.memory(), (service.cpu() - before) / arguments.seconds * 100


print(f"{'':<36}{'ready s':>10}{'MiB':>10}{'% of a core':>12}")
for label, schedules in [("no schedule", 0), (f"{arguments.schedules} schedules", arguments.schedules)]:
    folder = tempfile.mkdtemp(prefix="tarn-bench-")
    lake = lakes.make_lake(folder + "/lake", models=20, schedules=schedules)
    subprocess.run([lakes.tarn_path, "validate", "--lake", lake], check=True, stdout=subprocess.DEVNULL)
    ready = []
    for number in range(5):
        service = lakes.Service("serve", lake)
        ready.append(service.ready())
        if number < 4:
            service.end()
    memory, cpu = idle(service)
    print(f"{label:<36}{statistics.median(ready):>10.3f}{memory:>10.1f}{cpu:>12.2f}", flush=True)
    subprocess.run([lakes.tarn_path, "run", "--detach", "--lake", lake], check=True, stdout=subprocess.DEVNULL)
    while '"running"' in subprocess.run([lakes.tarn_path, "runs", "--json", "--lake", lake], capture_output=True,
                                        text=True).stdout.replace("queued", "running"):
        time.sleep(0.2)
    time.sleep(5)
    memory, cpu = idle(service)
    print(f"{label + ', after a run':<36}{'':>10}{memory:>10.1f}{cpu:>12.2f}", flush=True)
    service.end()
    shutil.rmtree(folder)
