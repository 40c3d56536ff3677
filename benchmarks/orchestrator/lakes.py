"""Lakes of trivial tables, servers on loopback, and the figures of processes, for the benchmarks beside this file."""
import contextlib, os, pathlib, pwd, shutil, socket, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tarn():
    """The release build."""
    path = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, text=True,
                          capture_output=True, check=True).stdout.strip()
    return f"{path}/tarn"


def make_lake(folder, models=0, schedules=0, metadata="", slots=1, sources=0):
    """A lake with `models` models that select one row each, and `schedules` schedules that fire once a year."""
    folder = pathlib.Path(folder)
    (folder / "models/silver").mkdir(parents=True)
    (folder / "store").mkdir()
    lines = ["name: bench", "store: store", "environments: { local: { connections: {"
             + metadata + "} } }", "resources: { threads: 1 }", f"workers: {{ slots: {slots} }}",
             'serve: { listen: "127.0.0.1:0", anonymous: operate }']
    if metadata:
        lines.append("metadata: { connection: pg, database: postgres }")
    if schedules:
        lines.append("schedules:")
        lines += [f"  s{n}: {{ cron: {n % 60} {n % 24} 1 1 *, run: silver.m0 }}" for n in range(schedules)]
    (folder / "lake.yaml").write_text("\n".join(lines) + "\n")
    for number in range(max(models, 1)):
        (folder / f"models/silver/m{number}.sql").write_text(f"/*---\nowner: bench\n---*/\nSELECT {number} AS x\n")
    return str(folder)


def measure(command, **options):
    """Wall and CPU seconds of a process that succeeds."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command}\nended with {process.returncode}: {error.decode()[-2000:]}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def postgres():
    """A PostgreSQL of its own; gives the text of a connection for lake.yaml, and a function that runs SQL."""
    binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    folder = tempfile.mkdtemp(prefix="tarn-bench-pg-")
    port = free_port()
    identity = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        identity = {"user": user.pw_uid, "group": user.pw_gid}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([binaries / "initdb", "-D", f"{folder}/data", "-U", "tarn", "-A", "trust"], check=True, cwd=folder,
                   **identity, **quiet)
    server = subprocess.Popen([binaries / "postgres", "-D", f"{folder}/data", "-p", str(port), "-h", "127.0.0.1",
                               "-k", folder], cwd=folder, **identity, **quiet)
    try:
        def sql(text):
            return subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "tarn", "-d", "postgres", "-qAt",
                                   "-v", "ON_ERROR_STOP=1"], input=text, text=True, capture_output=True)
        while sql("SELECT 1").returncode != 0:
            time.sleep(0.1)
        yield f"pg: {{ kind: postgres, host: 127.0.0.1, port: {port}, user: tarn, tls: false }}", sql
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


class Service:
    """`tarn serve` or `tarn worker`, until it is ended."""

    def __init__(self, command, lake):
        self.log = open(f"{lake}/service-{command}-{time.monotonic_ns()}.log", "w+")
        self.began = time.monotonic()
        self.process = subprocess.Popen([tarn_path, command, "--lake", lake], stdout=self.log, stderr=self.log)
        self.port = None

    def ready(self):
        """Seconds until /ready answers."""
        while True:
            if self.process.poll() is not None:
                sys.exit(pathlib.Path(self.log.name).read_text())
            for line in pathlib.Path(self.log.name).read_text().splitlines():
                if "127.0.0.1:" in line and self.port is None:
                    digits = line.split("127.0.0.1:")[1]
                    self.port = int("".join(c for c in digits[:5] if c.isdigit()))
            try:
                if self.port and urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready").status == 200:
                    return time.monotonic() - self.began
            except OSError:
                pass
            time.sleep(0.005)

    def memory(self):
        """Resident MiB."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024

    def cpu(self):
        """Seconds that it has computed."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        self.process.wait()


tarn_path = tarn()
