"""How each reader is asked for the cases: it writes files below a folder and tells, by table, what went wrong."""
import concurrent.futures, json, os, pathlib, re, subprocess, sys
import lake

SOURCE = "fidelity"


def isolated(folder, environment, script, names, *options):
    """A peer reads one table per process, so that a panic costs it only that one."""
    def read(name):
        target = folder / name
        target.mkdir(parents=True)
        file = target if "dlt" in script else target / "out.parquet"
        command = [sys.executable, pathlib.Path(__file__).parents[1] / "peers" / script, name, file, *options]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180,
                                  stdin=subprocess.DEVNULL, errors="replace")
            said, failed = done.stdout + done.stderr, done.returncode != 0
        except subprocess.TimeoutExpired:
            said, failed = "no answer in 180 s", True
        (folder / f"{name}.log").write_text(said)
        warnings = [line for line in said.splitlines() if re.search(r"warn|\bWRN\b", line, re.IGNORECASE)]
        return {"error": last_line(said) if failed else None,
                "said": any(re.search(r"\bv\b", line) for line in warnings)}

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(read, names)))


def last_line(text):
    frame = re.compile(r"\.go:\d+|^\s*File \"")
    lines = [line.strip() for line in text.strip().splitlines() if line.strip() and not frame.search(line)]
    telling = [line for line in lines if re.search("error|panick|exception|unsupported|not implemented", line, re.I)]
    return (telling or lines or ["no message"])[-1][:300]


def tarn(binary, server, database, folder, environment, names, keys):
    """All tables in one run of a lake; what it reports is its own ledger, as `tarn assets show` prints it."""
    home = lake.make(binary, folder, server, database, {name: keys for name in names}, SOURCE)
    run = subprocess.run([binary, "run", "--lake", home, "--json"], env=environment, capture_output=True, text=True)
    (folder / "run.json").write_text(run.stdout)
    try:
        steps = {step["asset"].split(".")[1]: step for step in json.loads(run.stdout)["steps"]}
    except (ValueError, KeyError):
        sys.exit(f"tarn run answered {run.returncode}: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    heard = {}
    for name in names:
        step = steps.get(name, {"state": "missing"})
        error = None if step["state"] == "succeeded" else f"{step['state']}: {step.get('failure', {}).get('problem')}"
        shown = {}
        if error is None:
            text = subprocess.run([binary, "assets", "show", f"bronze_{SOURCE}.{name}", "--json", "--lake", home],
                                  check=True, env=environment, capture_output=True, text=True).stdout
            shown = json.loads(text)
        reported = sum(line["values"] for line in shown.get("conversions", []) if line["column"] == "v")
        heard[name] = {"error": error, "reported": reported,
                       "reasons": [line["reason"] for line in shown.get("conversions", [])]}
    return heard


def tarn_files(folder, name):
    return sorted(path for path in (folder / "lake").rglob("*.parquet") if f"/{name}/" in str(path))


def unstaged(path):
    """dlt keeps a second copy of its files beside its state, and tables of its own."""
    return "/state/" not in str(path) and "_dlt" not in str(path)


def all_readers(binary, server, database, environment):
    """Name, how it reads all tables into a folder, and where a table's files are then."""
    def peer(script, *options):
        return (lambda folder, names: isolated(folder, environment, script, names, *options),
                lambda folder, name: sorted(path for path in (folder / name).rglob("*.parquet") if unstaged(path)))

    def ours(keys):
        return lambda folder, names: tarn(binary, server, database, folder, environment, names, keys), tarn_files

    readers = {"tarn": ours("")}
    if lake.knows(binary, "losses"):
        readers["tarn, text_sidecar"] = ours("losses: text_sidecar")
    readers["connectorx"] = peer("connectorx_copy.py")
    readers["DuckDB mysql"] = peer("duckdb_copy.py")
    readers["dlt connectorx"] = peer("dlt_copy.py", "connectorx")
    readers["dlt pyarrow"] = peer("dlt_copy.py", "pyarrow")
    readers["sling"] = peer("sling_copy.py")
    return readers
