"""A night in which 1% of the invoices changed: an incremental table, and one partitioned by month that follows it, beside
rebuilds of the whole, with equal rows.

    night.py [--scale 1] [--share 0.01] [--nights 3]       needs the Python package duckdb (the same version as Tarn's)

At scale 1 there are 5.1 million invoices and 27.9 million items. The changed invoices are spread at random over all
years (`random`), or are the newest (`newest`).
"""
import argparse, collections, json, pathlib, shutil, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "orchestrator"))
import duckdb, lakes

parser = argparse.ArgumentParser()
parser.add_argument("--scale", type=float, default=1)
parser.add_argument("--share", type=float, default=0.01)
parser.add_argument("--nights", type=int, default=3)
arguments = parser.parse_args()
invoices, items = int(5_100_000 * arguments.scale), int(27_900_000 * arguments.scale)

folder = pathlib.Path(tempfile.mkdtemp(prefix="tarn-bench-"))
lake = folder / "lake"
(lake / "models/silver").mkdir(parents=True)
(lake / "sources").mkdir()
(lake / "store").mkdir()
(lake / "lake.yaml").write_text("""
name: bench
store: store
environments: { local: { connections: { db: { kind: duckdb, path: "{database}.duckdb" } } } }
resources: { memory_limit: 4GB, threads: 2 }
""")
(lake / "sources/shop.yaml").write_text("""
connection: db
tables:
  invoice: { mode: incremental, key: inv_id, cursor: changed_at, overlap: 0s }
  item: { mode: incremental, key: item_id, cursor: changed_at, overlap: 0s }
  service: { mode: full }
""")
SQL = """
SELECT CAST(t.item_id AS BIGINT) AS invoice_item_id, CAST(t.inv_id AS BIGINT) AS invoice_id, i.customer_id,
    CAST(i.invoice_date AS DATE) AS invoice_date, s.name AS service, CAST(t.quantity AS DECIMAL(18,4)) AS quantity,
    CAST(t.net AS DECIMAL(18,4)) AS net_amount, i.status
FROM bronze_shop.item AS t JOIN bronze_shop.invoice AS i ON i.inv_id = t.inv_id
LEFT JOIN bronze_shop.service AS s ON s.service_id = t.service_id
"""
CHECKS = "columns: { invoice_item_id: { checks: [not_null] }, invoice_id: { checks: [not_null] }, invoice_date: {} }"
(lake / "models/silver/fact.sql").write_text(
    f"/*---\nmaterialization: incremental\nkey: [invoice_id, invoice_item_id]\n"
    f"incremental: {{ bronze_shop.invoice: inv_id, bronze_shop.item: inv_id }}\n---*/\n{SQL}")
(lake / "models/silver/whole.sql").write_text(
    f"/*---\nchecks: [{{ unique: [invoice_id, invoice_item_id] }}]\n{CHECKS}\n---*/\n{SQL}")
MONTHS = """
SELECT *, row_number() OVER (PARTITION BY invoice_date ORDER BY net_amount DESC, invoice_item_id) AS rank_of_day
FROM silver.fact
"""
(lake / "models/gold").mkdir()
(lake / "models/gold/months.sql").write_text(
    "/*---\npartitions: { by: monthly, column: invoice_date, start: 2022-01-01, end: 2026-06-01 }\n"
    f"inputs: {{ silver.fact: {{ column: invoice_date }} }}\n{CHECKS}\n---*/\n{MONTHS}")
(lake / "models/gold/months_whole.sql").write_text(f"/*---\n{CHECKS}\n---*/\n{MONTHS}")
source = duckdb.connect(f"{lake}/shop.duckdb")
source.execute(f"""
CREATE TABLE invoice AS SELECT n AS inv_id, n % 400000 AS customer_id, DATE '2022-01-01' + CAST(n / {invoices} * 1600 AS INTEGER) AS invoice_date,
    ['Issued', 'Paid', 'Overdue'][1 + n % 3] AS status, TIMESTAMP '2026-01-01' AS changed_at FROM range({invoices}) AS r(n);
CREATE TABLE item AS SELECT n AS item_id, n * {invoices} // {items} AS inv_id, n % 5000 AS service_id, 1 + n % 3 AS quantity,
    (n % 90000) / 100 AS net, TIMESTAMP '2026-01-01' AS changed_at FROM range({items}) AS r(n);
CREATE TABLE service AS SELECT n AS service_id, 'service ' || n AS name FROM range(5000) AS r(n);
ALTER TABLE invoice ADD PRIMARY KEY (inv_id); ALTER TABLE item ADD PRIMARY KEY (item_id);
""")
source.close()


def tarn(*words):
    began = time.monotonic()
    done = subprocess.run([lakes.tarn_path, "run", *words, "--json", "--lake", lake], text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    seconds = collections.Counter()
    for step in json.loads(done.stdout)["steps"]:
        seconds[step["asset"]] += step["seconds"]
    return seconds


def digest(table):
    query = f"SELECT count(*), CAST(sum(hash(t)) AS VARCHAR) FROM {table} AS t"
    return subprocess.run([lakes.tarn_path, "sql", query, "--json", "--lake", lake], text=True,
                          capture_output=True, check=True).stdout.strip()


tarn()
night = 0
print(f"scale {arguments.scale}: {invoices} invoices, {items} items, {arguments.share:.1%} of the invoices change")
print(f"{'changed invoices':<18}{'table':<14}{'changes s':>10}{'whole s':>10}{'ratio':>8}   rows are equal")
SIDES = {"incremental": ("silver.fact", "silver.whole"), "partitioned": ("gold.months", "gold.months_whole")}
for spread, condition in [("random", "hash(inv_id + {night}) % 10000 < {limit}"),
                          ("newest", "inv_id >= {floor}")]:
    measured = {name: ([], []) for name in SIDES}
    for _ in range(arguments.nights):
        night += 1
        source = duckdb.connect(f"{lake}/shop.duckdb")
        chosen = condition.format(night=night, limit=int(10000 * arguments.share),
                                  floor=int(invoices * (1 - arguments.share)))
        at = f"TIMESTAMP '2026-01-01' + INTERVAL {night} DAY"
        source.execute(f"UPDATE invoice SET status = 'night {night}', changed_at = {at} WHERE {chosen}")
        source.execute(f"UPDATE item SET net = net + 1, changed_at = {at} WHERE {chosen} AND item_id % 4 = 0")
        source.close()
        tarn("bronze_shop.*")
        for name, (changes, whole) in SIDES.items():
            measured[name][0].append(tarn(changes)[changes])
            measured[name][1].append(tarn(whole)[whole])
            if digest(changes) != digest(whole):
                sys.exit(f"{changes} {digest(changes)} is not {whole} {digest(whole)}")
    for name, (fast, slow) in measured.items():
        ratio = statistics.median(b / a for a, b in zip(fast, slow))
        print(f"{spread:<18}{name:<14}{statistics.median(fast):>10.2f}{statistics.median(slow):>10.2f}{ratio:>8.1f}   True",
              flush=True)
shutil.rmtree(folder)
