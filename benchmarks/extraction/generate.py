"""Writes the rows of one table as CSV: generate.py TABLE ROWS SEED FILE.

Every value is a hash of the row's number and the seed, so the same arguments always give the same file. Runs in the
peers' environment, whose DuckDB has a fixed version.
"""
import sys
import duckdb

# h(n, k) is the k-th random number of row n.
MACRO = "CREATE MACRO h(n, k) AS hash(n * 64 + k + {offset})"

TABLES = {
    "apn_usage": """
        SELECT n + 1 AS id, (h(n, 1) % 400000)::INT + 1 AS line_id, (h(n, 2) % 50)::INT + 1 AS apn_id,
            strftime(TIMESTAMP '2024-01-01' + to_seconds((n * 3 + h(n, 3) % 1800)::BIGINT), '%Y-%m-%d %H:%M:%S')
                AS usage_at,
            (h(n, 4) % 900000000)::BIGINT AS bytes_up, (h(n, 5) % 9000000000)::BIGINT AS bytes_down,
            CASE h(n, 6) % 5 WHEN 0 THEN 'internet.m2m' WHEN 1 THEN 'iot.corp' WHEN 2 THEN 'vpn.example'
                WHEN 3 THEN 'lte-m' ELSE 'nbiot.' || (h(n, 7) % 40)::VARCHAR END AS apn
        FROM range({rows}) t(n)""",
    "invoice_item": """
        SELECT n + 1 AS id, (h(n, 1) % 5100000)::INT + 1 AS invoice_id, (h(n, 2) % 400000)::INT + 1 AS customer_id,
            (h(n, 3) % 50)::INT + 1 AS service_id, (h(n, 4) % 9)::INT + 1 AS charge_type_id,
            ['Monthly fee', 'Usage – data', 'Roaming', 'Crédito', 'Adjustment', 'SMS', 'Voice', 'Fixed IP',
                'Set-up fee'][1 + (h(n, 5) % 9)::INT] AS code,
            'Cobrança ' || (h(n, 6) % 100000)::VARCHAR || ' / line 44' || (7000000000 + h(n, 7) % 999999999)::VARCHAR
                || ' ' || substr(md5(n::VARCHAR), 1, (h(n, 8) % 30)::INT) AS description,
            'msisdn-' || substr(md5((n * 31)::VARCHAR), 1, 12) AS reference,
            ((h(n, 9) % 10000000)::BIGINT / 10000)::DECIMAL(18,4) AS unit_price,
            ((h(n, 10) % 500000)::BIGINT / 1000)::DECIMAL(18,4) AS quantity,
            ((h(n, 11) % 900000000)::BIGINT / 10000)::DECIMAL(18,4) AS amount,
            CASE WHEN h(n, 12) % 7 = 0 THEN NULL ELSE ((h(n, 13) % 1000000)::BIGINT / 10000)::DECIMAL(18,4) END
                AS tax_amount,
            strftime(TIMESTAMP '2019-01-01' + to_seconds((h(n, 14) % 200000000)::BIGINT), '%Y-%m-%d %H:%M:%S')
                AS period_start,
            CASE WHEN h(n, 15) % 50 = 0 THEN '0000-00-00 00:00:00' WHEN h(n, 15) % 20 = 1 THEN NULL
                ELSE strftime(TIMESTAMP '2019-02-01' + to_seconds((h(n, 14) % 200000000)::BIGINT),
                    '%Y-%m-%d %H:%M:%S') END AS period_end,
            DATE '2019-01-01' + (h(n, 16) % 2300)::INT AS charge_date,
            (h(n, 17) % 2)::INT AS is_taxable, (h(n, 18) % 12 = 0)::INT AS is_deleted,
            ['open', 'billed', 'cancelled', 'disputed'][1 + (h(n, 19) % 4)::INT] AS status,
            CASE WHEN h(n, 20) % 3 <> 0 THEN NULL
                ELSE 'obs: ' || md5((n * 89)::VARCHAR) || md5((n * 97)::VARCHAR) END AS notes,
            strftime(TIMESTAMP '2019-01-01' + to_seconds((h(n, 21) % 200000000)::BIGINT), '%Y-%m-%d %H:%M:%S')
                AS updated_at
        FROM range({rows}) t(n)""",
}


def connect(seed):
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
    connection.execute(MACRO.format(offset=int(seed) * 1_000_003))
    return connection


def main(table, rows, seed, file):
    connection, select = connect(seed), TABLES[table].format(rows=int(rows))
    connection.execute(
        f"COPY ({select}) TO '{file}' (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"', NULLSTR '\\N')")


if __name__ == "__main__":
    main(*sys.argv[1:])
