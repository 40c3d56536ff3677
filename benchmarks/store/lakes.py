"""A telecom lake in a folder that `tarn store serve` serves, for the benchmarks beside this file."""
import os
import re
import subprocess
import tempfile
import time
from contextlib import contextmanager


class Lake:
    def __init__(self, tarn, folder):
        self.tarn, self.folder = os.path.abspath(tarn), folder

    def run(self, *arguments):
        """Runs a command that must end well; its seconds and its output."""
        started = time.monotonic()
        ended = subprocess.run([self.tarn, *arguments], cwd=self.folder, capture_output=True, text=True)
        seconds = time.monotonic() - started
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
        return seconds, ended.stdout

    def init(self, store):
        os.makedirs(self.folder)
        self.run("init", "--template", "telecom", self.folder)
        file = os.path.join(self.folder, "lake.yaml")
        text = re.sub(r"^store:.*$", f"store: {store}", open(file).read(), flags=re.M)
        open(file, "w").write(text)

    def digests(self):
        """The rows of silver and gold, digested."""
        names = sorted(line.split()[0] for line in self.run("assets")[1].splitlines()
                       if line.startswith(("silver.", "gold.")))
        sql = ";".join(f"SELECT '{n}', count(*), sum(hash(t)) FROM {n} AS t" for n in names)
        return self.run("sql", "--format", "csv", sql)[1]


@contextmanager
def served(tarn):
    """A folder for everything, the folder of the served container, and what `store:` is then."""
    with tempfile.TemporaryDirectory() as root:
        container = os.path.join(root, "served", "lake")
        os.makedirs(container)
        server = subprocess.Popen(
            [os.path.abspath(tarn), "store", "serve", os.path.dirname(container), "--port", "0", "--account", "acct",
             "--log", "json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            endpoint = None
            while endpoint is None:
                found = re.search(r'"endpoint":"([^"]+)"', server.stderr.readline().replace("\\/", "/"))
                endpoint = found and found[1]
            key = os.path.join(root, "served", ".tarn-store", "key")
            yield root, container, f'{{ url: "adls://lake@acct", endpoint: "{endpoint}", account_key_file: "{key}" }}'
        finally:
            server.terminate()
            server.wait()
