"""What the scripts of this folder share: the work folder, the peers' environment, a private MariaDB, measured runs."""
import contextlib, dataclasses, fcntl, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
USER, PASSWORD = "bench", "bench"


def work_folder(given):
    folder = pathlib.Path(given or "~/.cache/tarn/bench-extraction").expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tarn_binary(given):
    """The binary that is named, or the release build of this repository."""
    binary = pathlib.Path(given or HERE.parents[1] / ".build/release/tarn").resolve()
    if not os.access(binary, os.X_OK):
        sys.exit(f"{binary} is not there: swift build -c release --product tarn --static-swift-stdlib")
    return str(binary)


def peers_python(work):
    """The Python of the peers' own environment, which is made once from requirements.txt."""
    environment = work / "peers"
    python, mark = environment / "bin/python", environment / "installed"
    wanted = (HERE / "requirements.txt").read_text()
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing the peers into {environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
        mark.write_text(wanted)
    return str(python)


def compiled(work, name, *flags):
    """The program of NAME.c, compiled again when its source is newer."""
    source, program = HERE / f"{name}.c", work / "bin" / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-o", program, source, *flags], check=True)
    return str(program)


def drain_program(work):
    flags = subprocess.run(["mariadb_config", "--cflags", "--libs"], check=True, capture_output=True, text=True)
    return compiled(work, "drain", *flags.stdout.split(), "-lpthread")


class Server:
    """A MariaDB on loopback whose data lie in FOLDER; the process ends with the block."""

    def __init__(self, folder, buffer_pool="4G", zone=None):
        self.folder, self.buffer_pool, self.zone = pathlib.Path(folder), buffer_pool, zone
        self.process = None

    def __enter__(self):
        # The server leads a session of its own: whoever ends this process must give it the time to end the server.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.folder / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another benchmark is using {self.folder}; wait for it, or name another folder with --work")
        # The path of a Unix socket has at most 107 bytes, which a work folder may well exceed.
        self.runtime = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
        self.socket = self.runtime / "s"
        try:
            self.start()
            self.wait()
            self.sql("CREATE USER IF NOT EXISTS 'bench'@'127.0.0.1' IDENTIFIED BY 'bench'; "
                     "GRANT ALL ON *.* TO 'bench'@'127.0.0.1'")
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        data = self.folder / "data"
        as_root = ["--user=root"] if os.getuid() == 0 else []
        if not data.exists():
            fresh = self.folder / "data.new"
            shutil.rmtree(fresh, ignore_errors=True)
            with open(self.folder / "install.log", "w") as log:
                subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={fresh}", "--skip-test-db",
                                "--auth-root-authentication-method=normal", *as_root],
                               stdout=log, stderr=log, check=True)
            fresh.rename(data)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # Nothing here is worth a flush to disk; no binary log, as on a replica that is read for analysis.
        command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={self.port}", "--bind-address=127.0.0.1",
                   f"--socket={self.socket}", f"--pid-file={self.runtime}/pid", "--skip-log-bin",
                   "--skip-name-resolve", f"--innodb-buffer-pool-size={self.buffer_pool}",
                   "--innodb-log-file-size=1G", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
                   "--character-set-server=utf8mb4", "--sql-mode=", "--local-infile=1", "--max-allowed-packet=1G",
                   *as_root]
        environment = dict(os.environ, TZ=self.zone) if self.zone else None
        with open(self.folder / "server.log", "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(120)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.lock.close()
        shutil.rmtree(self.runtime, ignore_errors=True)

    def wait(self):
        for _ in range(600):
            if self.process.poll() is not None:
                tail = (self.folder / "server.log").read_text()[-1500:]
                sys.exit(f"MariaDB did not start\n{tail}")
            if self.socket.exists() and self.client(["-e", "SELECT 1"], check=False).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit(f"MariaDB did not answer within a minute; see {self.folder}/server.log")

    def client(self, arguments, text=None, check=True):
        done = subprocess.run(
            ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--binary-mode", "--local-infile=1",
             "--max-allowed-packet=1G", "--default-character-set=utf8mb4", "-uroot", f"--socket={self.socket}",
             *arguments],
            input=text, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"MariaDB refused: {done.stderr.strip()}")
        return done

    def sql(self, text, database=None):
        """What the statements print, as lines of tab-separated values."""
        rows = self.client([database] if database else [], text)
        return [line.split("\t") for line in rows.stdout.splitlines()]

    def environment(self, database):
        """How the peers' scripts find the server."""
        return {"BENCH_HOST": "127.0.0.1", "BENCH_PORT": str(self.port), "BENCH_USER": USER,
                "BENCH_PASSWORD": PASSWORD, "BENCH_DATABASE": database}


@dataclasses.dataclass
class Figures:
    wall: float
    cpu: float
    peak_mib: float
    output: str


class Failure(Exception):
    pass


def measured(work, command, environment=None, timeout=900):
    """Runs a command to its end. Raises Failure with the end of its output if it fails or takes too long."""
    launcher = compiled(work, "launch")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        result = os.path.join(folder, "result")
        process = subprocess.Popen([launcher, result, *map(str, command)], stdout=output, stderr=output,
                                   stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})},
                                   start_new_session=True)
        try:
            process.wait(timeout)
        except BaseException as error:
            # The launcher leads a session of its own, so this ends it and whatever it started, nothing else.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Failure(f"took longer than {timeout} s") from None
            raise
        output.seek(0)
        text = output.read()
        if process.returncode != 0:
            raise Failure(f"ended with {process.returncode}: {text.strip()[-600:]}")
        wall, user, system, peak, _ = pathlib.Path(result).read_text().split()
        return Figures(float(wall), float(user) + float(system), int(peak) / 1024, text)
