/// Customers, their addresses, contacts and contracts, and the people who serve them.
let customerTables: [SampleTable] = [
    SampleTable(
        "v3_customer", "customer", SampleSizes.customer, key: ["cust_id"], cursor: "updated_at",
        createdOn: "cust_day(n)",
        steps: [
            [("fn", "pick(1, \(firstNames))"), ("ln", "pick(2, \(lastNames))"), ("is_biz", "chance(3, 420)")]
        ],
        columns: [
            SampleColumn("cust_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("cust_ref", "CHAR(10) NOT NULL", "'C' || lpad((n + 1)::VARCHAR, 8, '0')"),
            SampleColumn(
                "cust_nm", "VARCHAR(120)",
                """
                CASE WHEN is_biz THEN ln || pick(4, [' Ltd', ' & Sons', ' Group', ' Services Ltd', ' Café', ' plc'])
                     WHEN chance(5, 12) THEN 'JosÃ© ' || ln WHEN chance(5, 20) THEN 'Zoë ' || ln
                     ELSE fn || ' ' || ln END
                || CASE WHEN chance(6, 60) THEN '  ' ELSE '' END
                """),
            SampleColumn("cust_type_id", "TINYINT UNSIGNED", "CASE WHEN is_biz THEN 2 + d(7, 3) ELSE 1 END"),
            SampleColumn(
                "stat", "SMALLINT NOT NULL",
                "CASE WHEN v(8, 100) < 78 THEN 1 WHEN v(8, 100) < 84 THEN 2 WHEN v(8, 100) < 97 THEN 3 ELSE 5 END"
            ),
            SampleColumn("grp_id", "INT", "CASE WHEN chance(9, 100) THEN 1 + d(10, 400) END"),
            SampleColumn(
                "ptnr_id", "INT UNSIGNED",
                "CASE WHEN chance(11, 300) THEN 1 + skewed(12, 250) ELSE 0 END"),
            SampleColumn(
                "email_addr", "VARCHAR(160)",
                """
                CASE WHEN chance(13, 40) THEN NULL
                     ELSE lower(fn || '.' || ln) || n::VARCHAR
                          || pick(14, ['@example.com', '@example.org', '@EXAMPLE.NET '])
                END
                """),
            SampleColumn(
                "tel_no", "VARCHAR(30)",
                "pick(15, ['07', '+447', '0044 7']) || lpad(d(16, 1000000000)::VARCHAR, 9, '0')"),
            SampleColumn("vat_reg", "CHAR(3)", "yn(17, 350)"),
            SampleColumn(
                "is_vip", "TINYINT(1)",
                "CASE WHEN chance(18, 30) THEN NULL WHEN chance(19, 25) THEN 1 ELSE 0 END"),
            SampleColumn("credit_lim", "DECIMAL(10,2)", "50 * d(20, 100)"),
            SampleColumn("bill_day", "TINYINT UNSIGNED", "1 + d(21, 28)"),
            SampleColumn(
                "pay_meth", "ENUM('DD','CARD','BACS','CHQ')",
                "pick(22, ['DD', 'DD', 'DD', 'DD', 'CARD', 'CARD', 'BACS', 'CHQ'])"),
            SampleColumn(
                "mktg_opts", "SET('email','sms','post')",
                "pick(23, ['', 'email', 'email,sms', 'email,sms,post', 'post', NULL])"),
            SampleColumn(
                "dob", "DATE",
                """
                CASE WHEN is_biz THEN '0000-00-00' WHEN chance(24, 15) THEN (1940 + d(25, 65))::VARCHAR || '-00-00'
                     ELSE dt(-8000 - d(25, 22000))::VARCHAR END
                """),
            SampleColumn(
                "churn_dt", "DATE",
                """
                CASE WHEN v(8, 100) BETWEEN 84 AND 96 THEN dt(least(day + 30 + d(26, 900), greatest(u, b)))::VARCHAR
                     ELSE '0000-00-00' END
                """),
            SampleColumn("crt_dt", "DATETIME", "zero(27, 4, created())"),
            SampleColumn("updated_at", "DATETIME NOT NULL", "updated(28, 400)"),
        ]),
    SampleTable(
        "v3_customer", "customer_status", .fixed(5), key: ["stat_id"],
        columns: [
            SampleColumn("stat_id", "SMALLINT NOT NULL", "n + 1"),
            SampleColumn(
                "stat_desc", "VARCHAR(40)",
                "['Active', 'Suspended', 'Ceased ', 'Prospect', 'Bad Debt'][n + 1]"),
            SampleColumn("is_live", "CHAR(1)", "['Y', 'y', 'N', NULL, 'N'][n + 1]"),
            SampleColumn("sort_ord", "TINYINT", "10 * (n + 1)"),
        ]),
    SampleTable(
        "v3_customer", "customer_type", .fixed(4), key: ["cust_type_id"],
        columns: [
            SampleColumn("cust_type_id", "TINYINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("type_cd", "CHAR(3)", "['RES', 'SME', 'CRP', 'PUB'][n + 1]"),
            SampleColumn(
                "type_nm", "VARCHAR(40)",
                "['Residential', 'Small business', 'Corporate', 'Public sector'][n + 1]"),
        ]),
    SampleTable(
        "v3_customer", "customer_group", .fixed(400), key: ["grp_id"],
        columns: [
            SampleColumn("grp_id", "INT NOT NULL", "n + 1"),
            SampleColumn("grp_nm", "VARCHAR(80)", "pick(1, \(lastNames)) || ' Holdings'"),
            SampleColumn("crt_dt", "DATETIME", "zero(2, 30, created())"),
        ]),
    SampleTable(
        "v3_customer", "customer_note", .scaled(300_000, perDay: 300), key: ["note_id"], cursor: "crt_ts",
        columns: [
            SampleColumn("note_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("cust_id", "INT UNSIGNED NOT NULL", "1 + skewed(1, \(customersOfDay0))"),
            SampleColumn("usr_id", "INT", "1 + d(2, 900)"),
            SampleColumn(
                "note_txt", "TEXT",
                """
                pick(3, ['Called re bill', 'DD failed - chased', 'Moved house', 'Happy with service ', '',
                NULL])
                """),
            SampleColumn("crt_ts", "DATETIME NOT NULL", "created()"),
        ]),
    SampleTable(
        "v3_customer", "customer_flag", .scaled(240_000, perDay: 100, updates: 200), key: [],
        cursor: "set_dt",
        duplicateEvery: 60,
        columns: [
            SampleColumn("cust_id", "INT UNSIGNED NOT NULL", "1 + n // 2"),
            SampleColumn("flag_cd", "VARCHAR(12) NOT NULL", "['PAPERLESS', 'VULNERABLE'][1 + n % 2]"),
            SampleColumn(
                "flag_val", "CHAR(3)",
                "CASE WHEN v(1, 100) < 40 THEN 'Y' WHEN v(1, 100) < 45 THEN 'yes' ELSE 'N' END"),
            SampleColumn("set_dt", "DATETIME NOT NULL", "updated(2, 200)"),
        ]),
    SampleTable(
        "v3_customer", "customer_address_link", .scaled(150_000, perDay: 70),
        key: ["cust_id", "addr_id", "addr_use"],
        columns: [
            SampleColumn(
                "cust_id", "INT UNSIGNED NOT NULL",
                "CASE WHEN n < \(customersOfDay0) THEN n + 1 ELSE 1 + d(1, \(customersOfDay0)) END"),
            SampleColumn("addr_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "addr_use", "CHAR(1) NOT NULL",
                "CASE WHEN n < \(customersOfDay0) THEN 'B' ELSE 'D' END"),
            SampleColumn("from_dt", "DATE", "zero_day(2, 20, dt(day))"),
        ]),
    SampleTable(
        "v3_customer", "customer_contact_link", .scaled(200_000, perDay: 80), key: ["cust_id", "contact_id"],
        columns: [
            SampleColumn("cust_id", "INT UNSIGNED NOT NULL", "1 + n % \(customersOfDay0)"),
            SampleColumn("contact_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "is_main", "TINYINT(1)",
                "CASE WHEN chance(1, 40) THEN NULL WHEN n < \(customersOfDay0) THEN 1 ELSE 0 END"),
        ]),
    // A leftover of an import in 2019; the lake refuses it by name.
    SampleTable(
        "v3_customer", "tmp_cust_import", .fixed(25), key: [],
        columns: [
            SampleColumn("cust_ref", "CHAR(10)", "'C' || lpad((n + 1)::VARCHAR, 8, '0')"),
            SampleColumn("raw_line", "TEXT", "'C' || n::VARCHAR || ';;;'"),
        ]),
    SampleTable(
        "v3_address", "address", .scaled(150_000, perDay: 70, updates: 60), key: ["addr_id"],
        cursor: "mod_dt",
        columns: [
            SampleColumn("addr_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("line1", "VARCHAR(80)", "(1 + d(1, 240))::VARCHAR || ' ' || pick(2, \(streets))"),
            SampleColumn(
                "line2", "VARCHAR(80)",
                "CASE WHEN chance(3, 250) THEN 'Flat ' || (1 + d(4, 30))::VARCHAR ELSE '' END"),
            SampleColumn(
                "town", "VARCHAR(60)",
                "CASE WHEN chance(5, 80) THEN upper(pick(6, \(towns))) ELSE pick(6, \(towns)) END"),
            SampleColumn(
                "post_cd", "VARCHAR(10)",
                """
                pick(7, ['M', 'LS', 'B', 'EH', 'CF', 'BT', 'SW', 'NE']) || (1 + d(8, 19))::VARCHAR
                || CASE WHEN chance(9, 150) THEN '' ELSE ' ' END || d(10, 10)::VARCHAR
                || pick(11, ['AA', 'BD', 'XY', 'QT'])
                """),
            SampleColumn("ctry_cd", "CHAR(2)", "pick(12, ['GB', 'GB', 'GB', 'UK', 'gb', 'IE'])"),
            SampleColumn("mod_dt", "DATETIME NOT NULL", "updated(13, 100)"),
        ]),
    SampleTable(
        "v3_contact", "contact", .scaled(200_000, perDay: 80, updates: 100), key: ["contact_id"],
        cursor: "last_upd",
        columns: [
            SampleColumn("contact_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("fname", "VARCHAR(60)", "pick(1, \(firstNames))"),
            SampleColumn(
                "sname", "VARCHAR(60)",
                "pick(2, \(lastNames)) || CASE WHEN chance(3, 50) THEN ' ' ELSE '' END"),
            // 'Renée' as latin1 wrote it: byte E9 is no UTF-8.
            SampleColumn(
                "salut", "VARCHAR(80) CHARACTER SET latin1",
                "CASE WHEN chance(4, 10) THEN 'Ren\\xE9e'::BLOB ELSE encode('Dear ' || pick(1, \(firstNames))) END"
            ),
            SampleColumn("mob", "VARCHAR(20)", "'07' || lpad(d(5, 1000000000)::VARCHAR, 9, '0')"),
            SampleColumn(
                "birthday", "VARCHAR(10)",
                "pick(6, ['', NULL, '01/04/1980', '1980-04-01', '1.4.80'])"),
            SampleColumn("last_upd", "DATETIME NOT NULL", "updated(7, 300)"),
        ]),
    SampleTable(
        "v3_contract", "contract", .scaled(1_000_000, perDay: 500, updates: 900), key: ["contract_id"],
        cursor: "updated",
        columns: [
            SampleColumn("contract_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("svc_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("term_id", "TINYINT UNSIGNED", "1 + d(1, 6)"),
            SampleColumn("start_dt", "DATE", "zero_day(2, 10, dt(day))"),
            SampleColumn(
                "end_dt", "DATE",
                "CASE WHEN v(3, 10) < 4 THEN '0000-00-00' ELSE dt(day + 365)::VARCHAR END"),
            SampleColumn("form_ver", "YEAR", "2015 + d(4, 11)"),
            SampleColumn("signed_yn", "CHAR(3)", "yn(5, 900)"),
            SampleColumn("updated", "DATETIME NOT NULL", "updated(6, 200)"),
        ]),
    SampleTable(
        "v3_contract", "contract_term", .fixed(6), key: ["term_id"],
        columns: [
            SampleColumn("term_id", "TINYINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "term_nm", "VARCHAR(30)",
                "['30 days', '12 months', '18 months', '24 months', '36 months', '60 months'][n + 1]"),
            SampleColumn("months", "SMALLINT", "[1, 12, 18, 24, 36, 60][n + 1]"),
        ]),
    SampleTable(
        "v3_user", "user", .fixed(900), key: ["usr_id"],
        columns: [
            SampleColumn("usr_id", "INT NOT NULL", "n + 1"),
            SampleColumn("login", "VARCHAR(40)", "lower(pick(1, \(firstNames))) || n::VARCHAR"),
            SampleColumn("pw_hash", "CHAR(32)", "md5(n::VARCHAR)"),
            SampleColumn("role_id", "TINYINT", "1 + d(2, 6)"),
            SampleColumn("enabled", "BIT(1)", "CASE WHEN chance(3, 850) THEN 1 ELSE 0 END"),
            SampleColumn(
                "last_login", "TIMESTAMP NULL",
                "CASE WHEN chance(4, 100) THEN NULL ELSE ts(-d(5, 300), sec) END"),
        ]),
    SampleTable(
        "v3_user", "user_role", .fixed(6), key: ["role_id"],
        columns: [
            SampleColumn("role_id", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "role_nm", "VARCHAR(40)",
                "['Agent', 'Team lead', 'Billing', 'Provisioning', 'Sales', 'Admin'][n + 1]"),
        ]),
]

/// Stands for the number of customers of day 0, which depends on the scale.
let customersOfDay0 = "customers_of_day_0()"

let firstNames = """
    ['Amelia', 'Oliver', 'Priya', 'Mohammed', 'Isla', 'George', 'Zoë', 'Siân', 'Callum', 'Aoife', 'Jack', 'Grace', \
    'Ravi', 'Chloe', 'Ewan', 'Fatima', 'Harry', 'Megan', 'Liam', 'Nia']
    """
let lastNames = """
    ['Smith', 'Jones', 'Patel', 'Taylor', 'Brown', 'Williams', 'Khan', 'Evans', 'Walker', 'Murphy', 'Campbell', \
    'Hughes', 'Begum', 'Edwards', 'Shaw', 'Ali', 'Fraser', 'Doyle', 'Reid', 'Okafor', 'Novak', 'Müller']
    """
let towns = """
    ['Manchester', 'Leeds', 'Birmingham', 'Edinburgh', 'Cardiff', 'Belfast', 'London', 'Newcastle', 'Bristol', \
    'York']
    """
let streets = """
    ['High Street', 'Station Road', 'Church Lane', 'Mill Road', 'Victoria Street', 'Park Avenue', 'Queen''s Road']
    """
