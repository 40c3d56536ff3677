/// Invoices and what stands on them, payments, credit notes, partners, and the words that billing uses.
let billingTables: [SampleTable] = [
    SampleTable(
        "v3_invoice", "invoice", SampleSizes.invoice, key: ["inv_id"], cursor: "updated_at",
        createdOn: "inv_day(n)",
        steps: [
            [("a", "inv_svc(n)"), ("x", "inv_unit(n)")],
            [
                ("cust", "svc_cust(a)"), ("total", "floor(pence(n, x, day))::BIGINT"),
                ("age", "greatest(u, b) - day"),
            ],
        ],
        columns: [
            SampleColumn("inv_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("inv_no", "VARCHAR(16) NOT NULL", "'INV' || lpad((n + 1)::VARCHAR, 9, '0')"),
            SampleColumn("cust_id", "INT UNSIGNED NOT NULL", "cust + 1"),
            SampleColumn("inv_dt", "DATETIME", "ts(day, 0)"),
            SampleColumn("due_dt", "DATE", "zero_day(1, 6, dt(day + 14))"),
            SampleColumn(
                "inv_stat_id", "TINYINT NOT NULL",
                """
                CASE WHEN age < 2 AND u = 0 THEN 1 WHEN total < 0 THEN 5
                     WHEN v(2, 1000) < 12 THEN 6 WHEN age < 30 AND v(3, 100) < 60 - 2 * age THEN 2
                     WHEN v(2, 1000) < 55 THEN 4 ELSE 3 END
                """),
            SampleColumn("inv_amt", "DOUBLE", "(total + (total * 20 + 50) // 100) / 100"),
            SampleColumn(
                "inv_typ", "CHAR(1)",
                "CASE WHEN total < 0 THEN 'C' WHEN chance(4, 20) THEN 'i' ELSE 'I' END"),
            SampleColumn(
                "is_final", "TINYINT(1)",
                "CASE WHEN chance(5, 10) THEN NULL WHEN chance(6, 30) THEN 1 ELSE 0 END"),
            SampleColumn("crt_dt", "DATETIME", "zero(7, 3, created())"),
            SampleColumn("updated_at", "DATETIME NOT NULL", "updated(8, 45)"),
        ]),
    SampleTable(
        "v3_invoice", "invoice_status", .fixed(6), key: ["inv_stat_id"],
        columns: [
            SampleColumn("inv_stat_id", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "stat_nm", "VARCHAR(30)",
                "['Draft', 'Issued', 'Paid', 'Overdue ', 'Credited', 'VOID'][n + 1]"),
            SampleColumn("is_open", "CHAR(1)", "['Y', 'Y', 'N', 'y', 'N', NULL][n + 1]"),
        ]),
    SampleTable(
        "v3_invoice", "invoice_data", SampleSizes.invoice, key: ["inv_id"], cursor: "upd_ts",
        createdOn: "inv_day(n)",
        steps: [[("x", "inv_unit(n)")], [("total", "floor(pence(n, x, day))::BIGINT")]],
        columns: [
            SampleColumn("inv_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("net_amt", "DECIMAL(10,2)", "total / 100"),
            SampleColumn(
                "vat_amt", "VARCHAR(20)",
                """
                CASE WHEN chance(1, 30) THEN '£' ELSE '' END || printf('%.2f', ((total * 20 + 50) // 100) / 100)
                || CASE WHEN chance(2, 30) THEN ' ' ELSE '' END
                """),
            SampleColumn(
                "ccy", "CHAR(3)",
                "CASE WHEN chance(3, 15) THEN 'gbp' WHEN chance(3, 25) THEN NULL ELSE 'GBP' END"),
            SampleColumn(
                "po_no", "VARCHAR(24)",
                "CASE WHEN chance(4, 200) THEN 'PO-' || d(5, 99999)::VARCHAR || '  ' ELSE '' END"),
            SampleColumn("pdf_yn", "CHAR(3)", "yn(6, 950)"),
            SampleColumn("period_from", "DATE", "zero_day(7, 8, date_trunc('month', dt(day - 28))::DATE)"),
            SampleColumn("upd_ts", "DATETIME NOT NULL", "updated(8, 45)"),
        ]),
    SampleTable(
        "v3_invoice", "invoice_item", SampleSizes.invoiceItem, key: ["item_id"], cursor: "last_mod",
        steps: [
            invoiceBlock(of: "invoiceItems"),
            [
                ("i", "base + il"), ("pos", "m - (il * c + p - 1) // p"),
                ("k", "\(childrenOf("il", "c", "p"))"), ("ks", "\(childrenOf("il", "cs", "p"))"),
            ],
            [
                ("a", "inv_svc(i)"), ("day", "inv_day(i)"), ("x", "inv_unit(i)"), ("q", "pos % ks"),
                ("twin", "pos // ks"), ("twins", "(k - pos % ks + ks - 1) // ks"),
            ],
            [("svc_share", "share(floor(pence(i, x, day))::BIGINT, ks, q)"), ("svc", "nth_svc(a, q)")],
            [
                (
                    "amount",
                    "floor(svc_share * (twin + 1) / twins)::BIGINT - floor(svc_share * twin / twins)::BIGINT"
                )
            ],
        ],
        columns: [
            SampleColumn("item_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("inv_id", "INT UNSIGNED NOT NULL", "i + 1"),
            SampleColumn(
                "svc_id", "INT UNSIGNED",
                "CASE WHEN r(1) % 10000 < 6 THEN 99000000 + n WHEN r(1) % 10000 < 16 THEN 0 ELSE svc + 1 END"),
            SampleColumn(
                "chg_type", "SMALLINT",
                "CASE WHEN twin = 0 AND chance(2, 700) THEN 1 ELSE 2 + d(3, 63) END"),
            SampleColumn(
                "descr", "VARCHAR(80)",
                "CASE WHEN twin = 0 THEN 'Line rental' ELSE 'Usage charges  ' END"),
            SampleColumn("qty", "DECIMAL(10,2)", "1 + d(4, 3)"),
            SampleColumn("amt", "DECIMAL(10,2)", "amount / 100"),
            SampleColumn("vat_rt", "DOUBLE", "CASE WHEN chance(5, 20) THEN 0.0 ELSE 20.0 END"),
            SampleColumn("per_start", "DATETIME", "zero(6, 20, ts(day - 28, 0))"),
            SampleColumn("last_mod", "DATETIME NOT NULL", "updated(7, 40)"),
        ]),
    SampleTable(
        "v3_invoice", "invoice_service", SampleSizes.invoiceService, key: [], cursor: "mod_ts",
        steps: [
            invoiceBlock(of: "invoiceServices"),
            [
                ("i", "base + il"), ("q", "m - (il * c + p - 1) // p"),
                ("ks", "\(childrenOf("il", "c", "p"))"),
            ],
            [("a", "inv_svc(i)"), ("day", "inv_day(i)"), ("x", "inv_unit(i)")],
            [("amount", "share(floor(pence(i, x, day))::BIGINT, ks, q)"), ("svc", "nth_svc(a, q)")],
        ],
        duplicateEvery: 400,
        columns: [
            SampleColumn("inv_id", "INT UNSIGNED NOT NULL", "i + 1"),
            SampleColumn("svc_id", "INT UNSIGNED NOT NULL", "svc + 1"),
            SampleColumn("svc_amt", "DECIMAL(10,2)", "CASE WHEN u < 0 THEN 0 ELSE amount / 100 END"),
            SampleColumn("mod_ts", "DATETIME NOT NULL", "updated(1, 40)"),
        ]),
    SampleTable(
        "v3_payment", "payment", .scaled(3_000_000, perDay: 3_500, updates: 500), key: ["pay_id"],
        cursor: "upd_dt",
        steps: [
            [("i", "floor(n * 1.7)::BIGINT % invoices_of_day_0()")],
            [("x", "inv_unit(i)"), ("iday", "inv_day(i)")],
        ],
        columns: [
            SampleColumn("pay_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("inv_id", "INT UNSIGNED", "CASE WHEN chance(1, 5) THEN NULL ELSE i + 1 END"),
            SampleColumn("meth_id", "TINYINT", "1 + skewed(2, 5)"),
            SampleColumn(
                "amt", "VARCHAR(20)",
                """
                CASE WHEN chance(3, 20) THEN '£' ELSE '' END || printf('%.2f', 1.2 * abs(pence(i, x, iday)) / 100)
                || CASE WHEN chance(4, 20) THEN ' GBP' ELSE '' END
                """),
            SampleColumn("paid_dt", "DATETIME", "zero(5, 10, created())"),
            SampleColumn(
                "failed", "CHAR(3)",
                "CASE WHEN v(6, 100) < 4 THEN 'Y' WHEN v(6, 100) < 6 THEN NULL ELSE 'N' END"),
            SampleColumn("upd_dt", "DATETIME NOT NULL", "updated(7, 10)"),
        ]),
    SampleTable(
        "v3_payment", "payment_method", .fixed(5), key: ["meth_id"],
        columns: [
            SampleColumn("meth_id", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "meth_nm", "VARCHAR(30)",
                "['Direct debit', 'Card', 'BACS', 'Cheque', 'Wallet'][n + 1]"),
        ]),
    SampleTable(
        "v3_payment", "dd_mandate", .scaled(90_000, perDay: 45, updates: 40), key: ["mandate_id"],
        cursor: "updated_at",
        columns: [
            SampleColumn("mandate_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("cust_id", "INT UNSIGNED NOT NULL", "1 + n % customers_of_day_0()"),
            SampleColumn(
                "sort_cd", "CHAR(8)",
                "'20-' || (10 + d(1, 90))::VARCHAR || '-' || (10 + d(2, 90))::VARCHAR"),
            SampleColumn("acct_no", "CHAR(8)", "lpad(d(3, 100000000)::VARCHAR, 8, '0')"),
            SampleColumn("active", "CHAR(3)", "CASE WHEN v(4, 100) < 88 THEN 'Y' ELSE 'N' END"),
            SampleColumn("updated_at", "DATETIME NOT NULL", "updated(5, 90)"),
        ]),
    SampleTable(
        "v3_credit", "credit_note", .scaled(95_000, perDay: 110), key: ["cn_id"], cursor: "raised",
        columns: [
            SampleColumn("cn_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("inv_id", "INT UNSIGNED", "1 + (n * 53 + 7) % invoices_of_day_0()"),
            SampleColumn("reason_id", "TINYINT", "1 + d(1, 6)"),
            SampleColumn("amt", "DECIMAL(8,2)", "(100 + d(2, 9000)) / 100"),
            SampleColumn("raised", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "v3_credit", "credit_reason", .fixed(6), key: ["reason_id"],
        columns: [
            SampleColumn("reason_id", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "reason_tx", "VARCHAR(60)",
                "['Fault', 'Billing error', 'Goodwill', 'Cessation', 'Late install', 'other'][n + 1]"),
        ]),
    SampleTable(
        "v3_partner", "partner", SampleSizes.partner, key: ["ptnr_id"],
        columns: [
            SampleColumn("ptnr_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "ptnr_nm", "VARCHAR(80)",
                "pick(1, \(lastNames)) || pick(2, [' Telecom', ' Comms', ' Networks ', ' IT'])"),
            SampleColumn(
                "tier", "ENUM('gold','silver','bronze')",
                "pick(3, ['gold', 'silver', 'silver', 'bronze', 'bronze', 'bronze', NULL])"),
            SampleColumn("comm_pct", "DOUBLE", "CASE WHEN chance(4, 50) THEN NULL ELSE 5 + d(5, 20) / 2 END"),
            SampleColumn("actv", "CHAR(3)", "yn(6, 850)"),
            SampleColumn("joined", "DATE", "zero_day(7, 60, dt(-d(8, 3000)))"),
        ]),
    SampleTable(
        "v3_partner", "partner_commission", .scaled(300_000, perDay: 300), key: [], duplicateEvery: 150,
        columns: [
            SampleColumn("ptnr_id", "INT UNSIGNED NOT NULL", "1 + skewed(1, 250)"),
            SampleColumn("mon", "CHAR(7)", "strftime(dt(day), '%Y-%m')"),
            SampleColumn("comm_amt", "VARCHAR(16)", "printf('%.2f', d(2, 90000) / 100)"),
            SampleColumn(
                "paid", "TINYINT(1)",
                "CASE WHEN chance(3, 40) THEN NULL WHEN chance(4, 800) THEN 1 ELSE 0 END"),
        ]),
    SampleTable(
        "v3_usage", "charge_type", .fixed(64), key: ["chg_type_id"],
        columns: [
            SampleColumn("chg_type_id", "SMALLINT NOT NULL", "n + 1"),
            SampleColumn(
                "chg_cd", "VARCHAR(12)",
                """
                ['RNT', 'CALL', 'DATA', 'SMS', 'INST', 'HW', 'DISC', 'ADJ'][1 + n % 8]
                || lpad((n // 8)::VARCHAR, 2, '0')
                """
            ),
            SampleColumn(
                "chg_nm", "VARCHAR(60)",
                """
                ['Rental', 'Calls', 'Data', 'Messages', 'Installation', 'Hardware', 'Discount', 'Adjustment']
                [1 + n % 8]
                || ' ' || (n // 8)::VARCHAR || ' '
                """),
            SampleColumn(
                "recur_flg", "CHAR(3)",
                "CASE n % 8 WHEN 0 THEN 'Y' WHEN 6 THEN 'y' WHEN 7 THEN NULL ELSE 'N' END"),
            SampleColumn("vatable", "TINYINT(1)", "CASE WHEN n % 16 = 15 THEN NULL ELSE 1 END"),
            SampleColumn("gl_cd", "INT", "4000 + 10 * n"),
        ]),
    SampleTable(
        "v3_usage", "usage_type", .fixed(800), key: ["ut_id"],
        columns: [
            SampleColumn("ut_id", "INT NOT NULL", "n + 1"),
            SampleColumn(
                "ut_nm", "VARCHAR(60)",
                """
                pick(1, ['UK landline', 'UK mobile', 'International', 'Premium', 'Roaming', 'Data']) || ' '
                || n::VARCHAR
                """),
            SampleColumn("utg_id", "SMALLINT", "1 + d(2, 30)"),
            SampleColumn("unit_id", "TINYINT", "CASE WHEN chance(3, 15) THEN 0 ELSE 1 + d(4, 30) END"),
            SampleColumn("chg_type_id", "SMALLINT", "1 + d(5, 64)"),
            SampleColumn(
                "unit_prc", "VARCHAR(16)",
                "CASE WHEN chance(6, 20) THEN '' ELSE printf('%.4f', d(7, 5000) / 10000) END"),
            SampleColumn("actv", "CHAR(3)", "yn(8, 900)"),
        ]),
    SampleTable(
        "v3_usage", "usage_type_group", .fixed(30), key: ["utg_id"],
        columns: [
            SampleColumn("utg_id", "SMALLINT NOT NULL", "n + 1"),
            SampleColumn(
                "utg_nm", "VARCHAR(60)",
                """
                ['Voice', 'Mobile', 'Data', 'Messaging', 'Roaming'][1 + n % 5] || ' group ' || (n //
                5)::VARCHAR
                """),
            SampleColumn("parent_id", "SMALLINT", "CASE WHEN n < 5 THEN 0 ELSE 1 + n % 5 END"),
        ]),
    SampleTable(
        "v3_usage", "usage_unit", .fixed(30), key: ["unit_id"],
        columns: [
            SampleColumn("unit_id", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "unit_cd", "VARCHAR(12)",
                """
                ['SEC', 'min', 'KB', 'MB', 'GB', 'MSG', 'EVT', 'DAY', 'MTH', 'EA'][1 + n % 10] || CASE WHEN
                n < 10 THEN '' ELSE (n // 10)::VARCHAR END
                """),
            SampleColumn(
                "mult", "DOUBLE",
                "[1.0, 60.0, 1024.0, 1048576.0, 1073741824.0, 1.0, 1.0, 86400.0, 1.0, 1.0][1 + n % 10]"),
        ]),
    SampleTable(
        "v3_usage", "module_type", .fixed(120), key: ["mod_type_id"],
        columns: [
            SampleColumn("mod_type_id", "SMALLINT NOT NULL", "n + 1"),
            SampleColumn(
                "mod_nm", "VARCHAR(60)",
                """
                pick(1, ['Voicemail', 'Static IP', 'Call bundle', 'Router', 'SIM', 'Support']) || ' ' ||
                n::VARCHAR
                """),
            SampleColumn("dflt_prc", "DOUBLE", "d(2, 5000) / 100"),
            SampleColumn(
                "bill_flg", "TINYINT(1)",
                "CASE WHEN chance(3, 50) THEN NULL WHEN chance(4, 850) THEN 1 ELSE 0 END"),
            SampleColumn("obs_dt", "DATE", "zero_day(5, 800, dt(-d(6, 2000)))"),
        ]),
]

/// The first level of subquery of what hangs on an invoice: children are dealt out to invoices in blocks, one
/// of history and one for each later day, so that a child finds its invoice by arithmetic alone. `p` invoices
/// share `c` rows of this table and `cs` invoice services, `m` is the row's number in its block, `il` its
/// invoice's.
private func invoiceBlock(of children: String) -> [(name: String, value: String)] {
    [
        ("p", "CASE WHEN b = 0 THEN block_invoices(0) ELSE block_invoices(1) END"),
        ("c", "CASE WHEN b = 0 THEN block_\(children)(0) ELSE block_\(children)(1) END"),
        ("cs", "CASE WHEN b = 0 THEN block_invoiceServices(0) ELSE block_invoiceServices(1) END"),
        ("base", "CASE WHEN b = 0 THEN 0 ELSE block_invoices(0) + (b - 1) * block_invoices(1) END"),
        ("m", "CASE WHEN b = 0 THEN n ELSE (n - block_\(children)(0)) % block_\(children)(1) END"),
        ("il", "m * p // c"),
    ]
}

/// How many of `count` children the block's invoice number `invoice` of `parents` has.
private func childrenOf(_ invoice: String, _ count: String, _ parents: String) -> String {
    """
    ((\(invoice) + 1) * \(count) + \(parents) - 1) // \(parents)
    - (\(invoice) * \(count) + \(parents) - 1) // \(parents)
    """
}
