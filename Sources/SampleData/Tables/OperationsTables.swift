/// Orders, sales, tickets and the audit trail.
let operationsTables: [SampleTable] = [
    SampleTable(
        "v3_order", "order", .scaled(900_000, perDay: 800, updates: 1_500), key: ["order_id"],
        cursor: "updated_at",
        columns: [
            SampleColumn("order_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("cust_id", "INT UNSIGNED NOT NULL", "1 + skewed(1, customers_of_day_0())"),
            SampleColumn("rep_id", "SMALLINT", "CASE WHEN chance(2, 300) THEN 0 ELSE 1 + d(3, 120) END"),
            SampleColumn("ord_stat", "TINYINT", "1 + v(4, 6)"),
            SampleColumn("from", "VARCHAR(20)", "pick(5, ['web', 'Web', 'phone', 'PARTNER', 'shop'])"),
            SampleColumn("tot", "DOUBLE", "(1000 + skewed(6, 90000)) / 100"),
            SampleColumn("placed", "DATETIME", "created()"),
            SampleColumn("updated_at", "DATETIME NOT NULL", "updated(7, 20)"),
        ]),
    SampleTable(
        "v3_order", "order_line", .scaled(1_800_000, perDay: 1_600), key: ["order_id", "line_no"],
        cursor: "crt_dt",
        columns: [
            SampleColumn("order_id", "INT UNSIGNED NOT NULL", "1 + n // 2"),
            SampleColumn("line_no", "SMALLINT NOT NULL", "1 + n % 2"),
            SampleColumn("prod_id", "INT", "1 + skewed(1, 600)"),
            SampleColumn("qty", "INT", "1 + d(2, 3)"),
            SampleColumn("unit_prc", "DECIMAL(10,2)", "(300 + d(3, 12000)) / 100"),
            SampleColumn("crt_dt", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "v3_order", "order_status", .fixed(6), key: ["ord_stat"],
        columns: [
            SampleColumn("ord_stat", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "ord_stat_nm", "VARCHAR(30)",
                "['New', 'Accepted', 'In progress', 'Delivered', 'Cancelled', 'On hold'][n + 1]"),
        ]),
    SampleTable(
        "v3_sales", "sales_lead", .scaled(150_000, perDay: 150, updates: 200), key: ["lead_id"],
        cursor: "touched",
        columns: [
            SampleColumn("lead_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("rep_id", "SMALLINT", "1 + d(1, 120)"),
            SampleColumn("co_nm", "VARCHAR(80)", "pick(2, \(lastNames)) || ' Ltd'"),
            SampleColumn(
                "est_val", "VARCHAR(20)",
                "pick(3, ['', 'TBC', NULL, '1,200.00', '450', '£99.99', '2500.00'])"),
            SampleColumn(
                "won", "CHAR(3)",
                "CASE WHEN v(4, 100) < 20 THEN 'Y' WHEN v(4, 100) < 25 THEN 'y' ELSE NULL END"),
            SampleColumn("touched", "DATETIME NOT NULL", "updated(5, 60)"),
        ]),
    SampleTable(
        "v3_sales", "sales_rep", .fixed(120), key: ["rep_id"],
        columns: [
            SampleColumn("rep_id", "SMALLINT NOT NULL", "n + 1"),
            SampleColumn("rep_nm", "VARCHAR(60)", "pick(1, \(firstNames)) || ' ' || pick(2, \(lastNames))"),
            SampleColumn("team", "VARCHAR(20)", "pick(3, ['North', 'South', 'Wales', 'Scotland', 'north'])"),
        ]),
    SampleTable(
        "v3_ticketing", "ticket", .scaled(800_000, perDay: 700, updates: 1_200), key: ["tkt_id"],
        cursor: "last_upd",
        columns: [
            SampleColumn("tkt_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "cust_id", "INT UNSIGNED",
                "CASE WHEN chance(1, 20) THEN NULL ELSE 1 + skewed(2, customers_of_day_0()) END"),
            SampleColumn("cat_id", "TINYINT", "1 + d(3, 12)"),
            SampleColumn(
                "prio", "ENUM('low','normal','high','urgent')",
                "pick(4, ['low', 'normal', 'normal', 'high', 'urgent'])"),
            SampleColumn(
                "subj", "VARCHAR(120)",
                """
                pick(5, ['No sync', 'Billing query', 'Slow broadband ', 'Port-in delayed',
                'Pas de tonalitÃ©'])
                """),
            SampleColumn(
                "state", "VARCHAR(10)",
                "CASE WHEN v(6, 10) < 7 THEN 'closed' WHEN v(6, 10) < 8 THEN 'CLOSED' ELSE 'open' END"),
            SampleColumn("opened", "DATETIME", "created()"),
            SampleColumn("last_upd", "DATETIME NOT NULL", "updated(7, 10)"),
        ]),
    SampleTable(
        "v3_ticketing", "ticket_msg", .scaled(2_000_000, perDay: 1_700), key: ["msg_id"], cursor: "sent_at",
        columns: [
            SampleColumn("msg_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("tkt_id", "INT UNSIGNED NOT NULL", "1 + n * 2 // 5"),
            SampleColumn("usr_id", "INT", "CASE WHEN chance(1, 450) THEN 0 ELSE 1 + d(2, 900) END"),
            SampleColumn(
                "body", "TEXT",
                """
                pick(3, ['Please call back', 'Resolved', 'Engineer booked', 'Rebooted; no change',
                'Thanks!'])
                """),
            SampleColumn("sent_at", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "v3_ticketing", "ticket_cat", .fixed(12), key: ["cat_id"],
        columns: [
            SampleColumn("cat_id", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "cat_nm", "VARCHAR(40)",
                """
                ['Fault', 'Billing', 'Sales', 'Porting', 'Complaint', 'Moves', 'Cease', 'Router', 'SIM',
                'Roaming', 'Fraud', 'Other'][n + 1]
                """),
        ]),
    SampleTable(
        "v3_audit", "audit_log", .scaled(4_000_000, perDay: 4_000), key: ["audit_id"], cursor: "at",
        columns: [
            SampleColumn("audit_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("usr_id", "INT", "1 + d(1, 900)"),
            SampleColumn(
                "obj", "VARCHAR(30)",
                "pick(2, ['customer', 'invoice', 'service', 'order', 'Invoice'])"),
            SampleColumn("obj_id", "BIGINT", "1 + d(3, 1000000)"),
            SampleColumn("act", "CHAR(1)", "pick(4, ['I', 'U', 'U', 'U', 'D'])"),
            SampleColumn("at", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "v3_audit", "audit_action", .fixed(3), key: ["act"],
        columns: [
            SampleColumn("act", "CHAR(1) NOT NULL", "['I', 'U', 'D'][n + 1]"),
            SampleColumn("act_nm", "VARCHAR(20)", "['insert', 'update', 'delete'][n + 1]"),
        ]),
]
