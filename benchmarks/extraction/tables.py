#!/usr/bin/env python3
"""The two tables of the benchmark and their variants, made once in the work folder.

    tables.py [--work FOLDER] [--scale 1]

Scale 1 is 10 million rows of apn_usage and 4 million of invoice_item; each scale has a database of its own, so several
can lie side by side. Of each table there are variants: `_1m` has the first tenth and quarter (1 million rows at scale
1) for peers that are slow, `_nz` has another date where invoice_item has a zero one, for peers that stop at it.
"""
import argparse, json, subprocess, sys, time
import common

SEED = 20261122
ROWS = {"apn_usage": 10_000_000, "invoice_item": 4_000_000}
FEW = 1_000_000
REPLACEMENT = "2001-01-01 00:00:00"

DEFINITIONS = {
    "apn_usage": """id BIGINT NOT NULL PRIMARY KEY, line_id INT NOT NULL, apn_id INT NOT NULL,
        usage_at DATETIME NOT NULL, bytes_up BIGINT NOT NULL, bytes_down BIGINT NOT NULL, apn VARCHAR(24) NOT NULL""",
    "invoice_item": """id BIGINT NOT NULL PRIMARY KEY, invoice_id INT NOT NULL, customer_id INT NOT NULL,
        service_id INT NOT NULL, charge_type_id INT NOT NULL, code VARCHAR(20) NOT NULL,
        description VARCHAR(120) NOT NULL, reference VARCHAR(40) NOT NULL, unit_price DECIMAL(18,4) NOT NULL,
        quantity DECIMAL(18,4) NOT NULL, amount DECIMAL(18,4) NOT NULL, tax_amount DECIMAL(18,4) NULL,
        period_start DATETIME NOT NULL, period_end DATETIME NULL, charge_date DATE NOT NULL,
        is_taxable TINYINT(1) NOT NULL, is_deleted TINYINT(1) NOT NULL,
        status ENUM('open','billed','cancelled','disputed') NOT NULL, notes TEXT NULL,
        updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP""",
}


def database(scale):
    return "bench_" + f"{scale:g}".replace(".", "_").replace("-", "_").replace("+", "")


def ensure(server, work, scale):
    """Makes the tables of a scale unless they are there; returns their rows by name."""
    name = database(scale)
    mark = work / f"{name}.json"
    wanted = {"seed": SEED, "definitions": DEFINITIONS, "scale": scale}
    if mark.exists():
        made = json.loads(mark.read_text())
        if made["made of"] == wanted:
            return made["rows"]
    mark.unlink(missing_ok=True)
    server.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4")
    for table, definition in DEFINITIONS.items():
        rows = max(10, round(ROWS[table] * scale))
        load(server, work, name, table, definition, rows)
    variants(server, name, max(1, round(FEW * scale)))
    rows = {table: int(server.sql(f"SELECT COUNT(*) FROM {table}", name)[0][0])
            for table in [row[0] for row in server.sql("SHOW TABLES", name)]}
    mark.write_text(json.dumps({"made of": wanted, "rows": rows}, indent=1))
    return rows


def load(server, work, name, table, definition, rows):
    file = work / f"{table}.csv"
    began = time.monotonic()
    try:
        subprocess.run([common.peers_python(work), common.HERE / "generate.py", table, str(rows), str(SEED), file],
                       check=True)
        generated = time.monotonic()
        # The zone of the session, so that a TIMESTAMP means the same instant on every machine.
        server.sql(f"""
            SET SESSION unique_checks=0, foreign_key_checks=0, time_zone='+00:00';
            CREATE TABLE {table} ({definition}) ENGINE=InnoDB;
            LOAD DATA LOCAL INFILE '{file}' INTO TABLE {table} CHARACTER SET utf8mb4
                FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\\n'""", name)
    finally:
        file.unlink(missing_ok=True)
    found = int(server.sql(f"SELECT COUNT(*) FROM {table}", name)[0][0])
    if found != rows:
        sys.exit(f"{table}: {rows} rows were generated, {found} were loaded")
    print(f"{table}: {rows:,} rows, generated in {generated - began:.1f} s, loaded in "
          f"{time.monotonic() - generated:.1f} s", file=sys.stderr)


def variants(server, name, few):
    columns = [row[0] for row in server.sql(
        f"SELECT column_name FROM information_schema.columns WHERE table_schema = '{name}' "
        "AND table_name = 'invoice_item' ORDER BY ordinal_position")]
    replaced = ", ".join(f"IF(period_end = 0, '{REPLACEMENT}', period_end)" if column == "period_end" else column
                         for column in columns)
    copies = [("invoice_item_nz", "invoice_item", replaced, ""),
              ("invoice_item_1m", "invoice_item", "*", f"WHERE id <= {few}"),
              ("invoice_item_nz_1m", "invoice_item_nz", "*", f"WHERE id <= {few}"),
              ("apn_usage_1m", "apn_usage", "*", f"WHERE id <= {few}")]
    for copy, table, selection, condition in copies:
        server.sql(f"SET SESSION unique_checks=0, foreign_key_checks=0, time_zone='+00:00'; "
                   f"CREATE TABLE {copy} LIKE {table}; "
                   f"INSERT INTO {copy} SELECT {selection} FROM {table} {condition}", name)
    server.sql("ANALYZE TABLE " + ", ".join([*DEFINITIONS, *(copy[0] for copy in copies)]), name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work")
    parser.add_argument("--scale", type=float, default=1)
    arguments = parser.parse_args()
    folder = common.work_folder(arguments.work)
    with common.Server(folder / "server") as running:
        for table, rows in sorted(ensure(running, folder, arguments.scale).items()):
            print(f"{database(arguments.scale)}.{table}: {rows:,} rows")
