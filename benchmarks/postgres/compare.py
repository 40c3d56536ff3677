#!/usr/bin/env python3
"""Reads one PostgreSQL table into Snappy Parquet with Tarn and with DuckDB's own postgres extension, in turn.

    benchmarks/postgres/compare.py [--rows N] [-n PAIRS] [--tarn BINARY] [--work FOLDER] [--table usage|invoice]

Both are whole processes with two threads; the figures are the operating system's own of the finished process. The
server is one that this script starts on loopback in a temporary folder and stops. The peer and its extension come
from PyPI (requirements.txt) into an environment of their own below the work folder.

Tarn counts the rows in the snapshot, compares what the server says that it sent, verifies the file and commits it; the
peer writes a file.
"""
import argparse, os, pathlib, pwd, shutil, socket, statistics, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
TABLES = {
    # Narrow rows, as call records are.
    "usage": """
        CREATE TABLE usage (id bigint PRIMARY KEY, subscriber integer NOT NULL, apn varchar(40) NOT NULL,
            started timestamptz NOT NULL, seconds integer, bytes_up bigint, bytes_down bigint, cost numeric(12,4));
        INSERT INTO usage SELECT n, n % 100003, 'apn' || n % 17 || '.example.net',
            '2025-01-01'::timestamptz + n * interval '3 seconds', (n * 7) % 3600, (n * 31) % 1000003,
            (n * 131) % 100000007, ((n * 17) % 1000000)::numeric / 10000
        FROM generate_series(1, {rows}) AS n""",
    # Wide rows of all ordinary types.
    "invoice": """
        CREATE TABLE invoice (id integer PRIMARY KEY, number uuid NOT NULL, customer integer, issued date,
            due timestamp, paid boolean, net numeric(14,2), vat numeric(14,2), rate double precision, note text,
            status varchar(12), kind smallint, reference varchar(30), data jsonb, created timestamptz);
        INSERT INTO invoice SELECT n, md5(n::text)::uuid, n % 5003, '2020-01-01'::date + n % 2000,
            '2020-01-01'::timestamp + n * interval '1 minute', n % 3 = 0, n::numeric / 100, n::numeric / 500,
            n / 7.0, CASE WHEN n % 4 = 0 THEN NULL ELSE repeat('invoice of the month ', n % 4) END,
            (ARRAY['open', 'paid', 'dunned'])[1 + n % 3], n % 9, 'REF-' || n,
            jsonb_build_object('n', n, 'tags', ARRAY['a', 'b']), '2020-01-01'::timestamptz + n * interval '61 seconds'
        FROM generate_series(1, {rows}) AS n""",
}
PEER = """
import os, sys, duckdb
server, table, file, extension = sys.argv[1:]
connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "2"})
connection.execute(f"LOAD '{extension}'")
connection.execute(f"ATTACH '{server}' AS source (TYPE postgres, READ_ONLY)")
connection.execute(f"COPY (SELECT * FROM source.public.{table}) TO '{file}' (FORMAT parquet, COMPRESSION snappy)")
"""


def tool(name):
    for version in range(30, 12, -1):
        path = pathlib.Path(f"/usr/lib/postgresql/{version}/bin/{name}")
        if path.exists():
            return str(path)
    return shutil.which(name) or sys.exit(f"{name} is not installed; run scripts/setup --tests")


class Server:
    """A PostgreSQL on loopback in a temporary folder; the process ends with the block."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tarn-bench-"))
        # The server refuses to run as root.
        self.account = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        who = {"user": self.account.pw_uid, "group": self.account.pw_gid} if self.account else {}
        password, log = self.folder / "password", open(self.folder / "log", "w")
        password.write_text("bench\n")
        if self.account:
            os.chown(password, self.account.pw_uid, self.account.pw_gid)
        subprocess.run(
            [tool("initdb"), "-D", self.folder / "data", "-U", "bench", f"--pwfile={password}", "-E", "UTF8",
             "--auth=scram-sha-256", "--locale=C", "--no-sync"], check=True, stdout=log, stderr=log, cwd="/", **who)
        options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "synchronous_commit=off",
                   "shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=1h"]
        self.process = subprocess.Popen(
            [tool("postgres"), "-D", self.folder / "data", "-p", str(self.port)]
            + [part for option in options for part in ("-c", option)], stdout=log, stderr=log, cwd="/", **who)
        for _ in range(600):
            if subprocess.run([tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit(f"the server did not start: {self.folder}/log")

    def sql(self, text):
        subprocess.run([tool("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text, self.uri], check=True)

    @property
    def uri(self):
        return f"postgresql://bench:bench@127.0.0.1:{self.port}/postgres"

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def peer(work):
    """The Python of the peer's own environment, and the extension's file."""
    environment = work / "peer"
    python, mark = environment / "bin/python", environment / "installed"
    wanted = (HERE / "requirements.txt").read_text()
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing the peer into {environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
        mark.write_text(wanted)
    extensions = list(environment.glob("lib/python*/site-packages/**/postgres_scanner.duckdb_extension"))
    return str(python), str(extensions[0]) if extensions else sys.exit("the extension is not in its package")


def lake(folder, server, table):
    for name in ("sources", "lake"):
        (folder / name).mkdir(parents=True)
    (folder / "lake.yaml").write_text(f"""name: bench
store: ./lake
resources: {{ memory_limit: 4GB, threads: 2 }}
environment: local
environments:
  local:
    connections:
      db: {{ kind: postgres, host: 127.0.0.1, port: {server.port}, user: bench, password: "${{BENCH_PASSWORD}}" }}
""")
    (folder / "sources/s.yaml").write_text(
        f"connection: db\ndatabase: postgres\ntables:\n  {table}: {{ mode: full, parallel: 2 }}\n")


def measured(command):
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=os.environ | {"BENCH_PASSWORD": "bench"})
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}: {error.decode()[-2000:]}")
    return {"wall s": time.monotonic() - began, "cpu s": usage.ru_utime + usage.ru_stime,
            "peak MiB": usage.ru_maxrss / 1024}


def digest(python, files):
    """Of the rows, whatever their order; types as they are compared by DuckDB."""
    code = ("import sys, duckdb\nc = duckdb.connect()\nc.execute(\"SET TimeZone = 'UTC'\")\n"
            "print(c.execute(f\"SELECT count(*), sum(hash(COLUMNS(*)::VARCHAR)::HUGEINT) "
            "FROM read_parquet({sys.argv[1:]!r}, hive_partitioning = false)\").fetchone())")
    return subprocess.run([python, "-c", code, *files], check=True, capture_output=True, text=True).stdout.strip()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("-n", type=int, default=5)
    arguments.add_argument("--tarn", default=str(HERE.parents[1] / ".build/release/tarn"))
    arguments.add_argument("--work", default="~/.cache/tarn/bench-postgres")
    arguments.add_argument("--table", choices=TABLES, action="append")
    given = arguments.parse_args()
    work = pathlib.Path(given.work).expanduser().resolve()
    work.mkdir(parents=True, exist_ok=True)
    python, extension = peer(work)
    with Server() as server:
        for table in given.table or TABLES:
            for statement in TABLES[table].format(rows=given.rows).split(";"):
                server.sql(statement)
            server.sql(f"VACUUM (FREEZE, ANALYZE) {table}")
            compare(table, given, server, python, extension)


def compare(table, given, server, python, extension):
    with tempfile.TemporaryDirectory(prefix="tarn-bench-") as scratch:
        scratch = pathlib.Path(scratch)
        folder, file = scratch / "lake", scratch / "peer.parquet"
        lake(folder, server, table)
        commands = {
            "tarn": [given.tarn, "run", "--force", "--lake", str(folder)],
            "duckdb": [python, "-c", PEER, server.uri, table, str(file), extension],
        }
        runs = {label: [] for label in commands}
        for number in range(-1, given.n):
            for label, command in commands.items():
                figures = measured(command)
                if number >= 0:
                    runs[label].append(figures)
        print(f"{table}, {given.rows:,} rows, {given.n} pairs{'min':>19}{'median':>10}{'max':>10}")
        for label in runs:
            for figure in runs[label][0]:
                row(f"{label} {figure}", [one[figure] for one in runs[label]])
        for figure in runs["tarn"][0]:
            row(f"tarn / duckdb {figure}", [a[figure] / b[figure] for a, b in zip(runs["tarn"], runs["duckdb"])])
        ours = [str(path) for path in (folder / "lake/bronze").rglob("*.parquet")]
        sizes = [sum(os.path.getsize(path) for path in paths) / 1e6 for paths in (ours, [file])]
        print(f"  files: tarn {sizes[0]:.1f} MB, duckdb {sizes[1]:.1f} MB")
        print(f"  tarn   {digest(python, ours)}\n  duckdb {digest(python, [str(file)])}")


def row(label, values):
    print(f"  {label:<28}{min(values):>10.3f}{statistics.median(values):>10.3f}{max(values):>10.3f}", flush=True)


main()
