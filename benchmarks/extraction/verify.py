"""Compares Parquet files with what was generated: verify.py TABLE ROWS SEED all|count PATH.

`count` compares the number of rows, `all` every column: a sum of hashes of its values with that of the generator's own
rows, which have not been through CSV, MariaDB and the reader. A type that holds the same values is as good.
"""
import pathlib, re, sys
import duckdb
import generate, tables

CASTS = {"TINYINT": "INTEGER", "INT": "INTEGER", "BIGINT": "BIGINT", "DATETIME": "TIMESTAMP", "DATE": "DATE",
         "TIMESTAMP": "TIMESTAMP", "DECIMAL(18,4)": "DECIMAL(18,4)"}


def columns(base):
    """The columns with the type in which both sides are compared."""
    for line in re.split(r",\s+", tables.DEFINITIONS[base]):
        name, type = line.split()[:2]
        yield name, CASTS.get(type, CASTS.get(type.split("(")[0], "VARCHAR"))


def generated(connection, table, base, rows):
    source = generate.TABLES[base].format(rows=rows)
    if base == "invoice_item":
        zero = f"'{tables.REPLACEMENT}'" if "_nz" in table else "NULL"
        source = (f"SELECT * REPLACE (if(starts_with(period_end, '0000'), {zero}, period_end) AS period_end) "
                  f"FROM ({source})")
    return digest(connection, source, base)


def digest(connection, source, base):
    sums = ", ".join(f"sum(hash(CAST({name} AS {type})))::HUGEINT" for name, type in columns(base))
    return connection.execute(f"SELECT {sums} FROM ({source})").fetchone()


def main(table, rows, seed, extent, path):
    base = next(name for name in tables.DEFINITIONS if table.startswith(name))
    path = pathlib.Path(path)
    files = [path] if path.is_file() else [file for file in path.rglob("*.parquet") if "_dlt" not in str(file)]
    if not files:
        sys.exit(f"{path}: no Parquet file was written")
    connection = generate.connect(seed)
    # An instant becomes the local time of UTC, in which it was written.
    connection.execute("SET TimeZone = 'UTC'")
    read = f"SELECT * FROM read_parquet([{', '.join(repr(str(file)) for file in files)}])"
    found = connection.execute(f"SELECT count(*) FROM ({read})").fetchone()[0]
    if found != int(rows):
        sys.exit(f"{table}: {found} rows were written, {rows} were in the table")
    if extent == "all":
        pairs = zip(columns(base), generated(connection, table, base, rows), digest(connection, read, base))
        wrong = [name for (name, _), expected, actual in pairs if expected != actual]
        if wrong:
            sys.exit(f"{table}: other values than in the table: {', '.join(wrong)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
