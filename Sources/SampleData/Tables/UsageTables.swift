/// What the network counted: BaRE's accounts and charges, call records and mobile data sessions.
let usageTables: [SampleTable] = [
    SampleTable(
        "bare", "bare_account", .scaled(40_000, perDay: 20, updates: 30), key: ["acct_id"], cursor: "upd_ts",
        columns: [
            SampleColumn("acct_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "v3_cust_id", "INT UNSIGNED",
                "CASE WHEN chance(1, 20) THEN 0 ELSE 1 + d(2, customers_of_day_0()) END"),
            SampleColumn("acct_nm", "VARCHAR(80)", "pick(3, \(lastNames)) || ' acct'"),
            SampleColumn("bal", "DOUBLE", "(v(4, 200000) - 50000) / 100"),
            SampleColumn("upd_ts", "DATETIME NOT NULL", "updated(5, 60)"),
        ]),
    SampleTable(
        "bare", "bare_charge", .scaled(800_000, perDay: 700), key: ["chg_id"], cursor: "chg_ts",
        columns: [
            SampleColumn("chg_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("acct_id", "INT UNSIGNED NOT NULL", "1 + n // 20"),
            SampleColumn("amt", "DECIMAL(12,4)", "d(1, 500000) / 10000"),
            SampleColumn("descr", "VARCHAR(60)", "pick(2, ['Bundle', 'Overage', 'Roaming ', 'Setup'])"),
            SampleColumn("chg_ts", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "billing_cdrs", "cdr", SampleSizes.billingCDR, key: ["cdr_id"], cursor: "load_ts",
        columns: [
            SampleColumn("cdr_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("a_no", "VARCHAR(20)", "'44161' || (1000000 + d(1, 8999999))::VARCHAR"),
            SampleColumn("b_no", "VARCHAR(20)", "'447' || (100000000 + d(2, 899999999))::VARCHAR"),
            SampleColumn("svc_id", "INT UNSIGNED", "1 + skewed(3, services_of_day_0())"),
            SampleColumn("ut_id", "SMALLINT", "1 + skewed(4, 800)"),
            SampleColumn("secs", "INT UNSIGNED", "skewed(5, 5400)"),
            SampleColumn("prc", "DECIMAL(10,5)", "skewed(6, 150000) / 100000"),
            SampleColumn("load_ts", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "cdr_bare", "cdr_bare", SampleSizes.bareCDR, key: ["rec_id"], cursor: "rec_ts",
        columns: [
            SampleColumn("rec_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("acct_id", "INT UNSIGNED", "1 + d(1, greatest(1, customers_of_day_0() // 3))"),
            SampleColumn(
                "dest", "VARCHAR(20)",
                "'00' || (33 + d(2, 60))::VARCHAR || d(3, 1000000000)::VARCHAR"),
            SampleColumn("dur_s", "INT", "skewed(4, 3600)"),
            SampleColumn("cost", "DOUBLE", "skewed(5, 100000) / 10000"),
            SampleColumn("rec_ts", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "apn", "apn_usage", SampleSizes.apnUsage, key: ["rec_id"], cursor: "rec_ts",
        columns: [
            SampleColumn("rec_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("msisdn", "BIGINT UNSIGNED NOT NULL", "447700000000 + skewed(1, 400000)"),
            SampleColumn("apn_id", "SMALLINT", "1 + d(2, 12)"),
            SampleColumn("up_b", "BIGINT UNSIGNED", "skewed(3, 50000000)"),
            SampleColumn("down_b", "BIGINT UNSIGNED", "skewed(4, 900000000)"),
            SampleColumn("rec_ts", "DATETIME NOT NULL", "created()"),
        ]),
]
