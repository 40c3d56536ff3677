/// Services and the products, tariffs, numbers and network that they run on.
let serviceTables: [SampleTable] = [
    SampleTable(
        "v3_service", "service", SampleSizes.service, key: ["svc_id"], cursor: "updated_at",
        createdOn:
            """
            CASE WHEN b > 0 THEN b
                 ELSE cust_day(svc_cust(n)) + floor(f(90) * f(90) * -cust_day(svc_cust(n)))::BIGINT END
            """,
        steps: [[("cust", "svc_cust(n)"), ("ceases", "day + 120 + d(1, 1500)")]],
        columns: [
            SampleColumn("svc_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "cust_id", "INT UNSIGNED NOT NULL",
                "CASE WHEN chance(2, 1) THEN 98000000 + n ELSE cust + 1 END"),
            SampleColumn("svc_typ", "TINYINT UNSIGNED", "1 + skewed(3, 8)"),
            SampleColumn("prod_id", "INT", "1 + skewed(4, 600)"),
            SampleColumn("tariff_id", "INT", "CASE WHEN chance(5, 10) THEN NULL ELSE 1 + skewed(6, 800) END"),
            SampleColumn(
                "cli", "VARCHAR(20)",
                """
                '0' || (1000000000 + d(7, 999999999))::VARCHAR || CASE WHEN chance(8, 40) THEN ' ' ELSE ''
                END
                """),
            SampleColumn(
                "svc_stat", "CHAR(1)",
                """
                CASE WHEN chance(9, 450) AND ceases <= greatest(u, b) THEN 'C'
                     WHEN v(10, 100) < 3 THEN 'S' WHEN v(10, 100) < 5 THEN 'p' WHEN v(10, 100) < 7 THEN 'a'
                     ELSE 'A' END
                """),
            SampleColumn("act_dt", "DATETIME", "zero(11, 5, ts(day, sec))"),
            SampleColumn(
                "cease_dt", "DATETIME",
                """
                CASE WHEN chance(9, 450) AND ceases <= greatest(u, b) THEN ts(ceases, 0)::VARCHAR
                     WHEN chance(12, 500) THEN NULL ELSE '0000-00-00 00:00:00' END
                """),
            SampleColumn("mthly_chg", "VARCHAR(16)", "printf('%.2f', (500 + d(13, 9500)) / 100)"),
            SampleColumn(
                "flg_billable", "TINYINT(1)",
                "CASE WHEN chance(14, 20) THEN NULL WHEN chance(15, 30) THEN 0 ELSE 1 END"),
            SampleColumn("updated_at", "DATETIME NOT NULL", "updated(16, 200)"),
        ]),
    SampleTable(
        "v3_service", "service_status", .fixed(4), key: ["stat_cd"],
        columns: [
            SampleColumn("stat_cd", "CHAR(1) NOT NULL", "['A', 'S', 'C', 'P'][n + 1]"),
            SampleColumn("stat_desc", "VARCHAR(40)", "['Active', 'Suspended', 'Ceased', 'Pending '][n + 1]"),
        ]),
    SampleTable(
        "v3_service", "service_type", .fixed(8), key: ["svc_typ_id"],
        columns: [
            SampleColumn("svc_typ_id", "TINYINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn(
                "typ_nm", "VARCHAR(40)",
                """
                ['Mobile', 'Broadband', 'Landline', 'SIP trunk', 'Leased line', 'IoT SIM', 'Hosted PBX',
                'Email'][n + 1]
                """),
        ]),
    SampleTable(
        "v3_service", "service_module", .scaled(1_500_000, perDay: 700, updates: 500), key: ["svc_mod_id"],
        cursor: "upd",
        columns: [
            SampleColumn("svc_mod_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("svc_id", "INT UNSIGNED NOT NULL", "1 + d(1, services_of_day_0())"),
            SampleColumn("mod_type_id", "SMALLINT", "1 + skewed(2, 120)"),
            SampleColumn("prc", "DOUBLE", "d(3, 2000) / 100"),
            SampleColumn("on_off", "TINYINT(1)", "CASE WHEN v(4, 10) < 8 THEN 1 ELSE 0 END"),
            SampleColumn("upd", "DATETIME NOT NULL", "updated(5, 60)"),
        ]),
    SampleTable(
        "v3_product", "product", .fixed(600), key: ["prod_id"],
        columns: [
            SampleColumn("prod_id", "INT NOT NULL", "n + 1"),
            SampleColumn("prod_cd", "VARCHAR(12)", "'P' || lpad(n::VARCHAR, 5, '0')"),
            SampleColumn(
                "prod_nm", "VARCHAR(80)",
                """
                pick(1, ['Fibre', 'Mobile', 'Voice', 'Connect', 'Office', 'IoT']) || ' ' || (1 + n %
                50)::VARCHAR || CASE WHEN chance(2, 60) THEN ' ' ELSE '' END
                """),
            SampleColumn("fam_id", "TINYINT", "1 + d(3, 12)"),
            SampleColumn("list_prc", "DECIMAL(10,2)", "(300 + d(4, 12000)) / 100"),
            SampleColumn("wdrawn", "CHAR(3)", "yn(5, 200)"),
        ]),
    SampleTable(
        "v3_product", "product_family", .fixed(12), key: ["fam_id"],
        columns: [
            SampleColumn("fam_id", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "fam_nm", "VARCHAR(40)",
                """
                ['Mobile', 'Fibre', 'ADSL', 'Voice', 'SIP', 'Ethernet', 'IoT', 'Cloud', 'Hardware',
                'Support', 'Security', 'Legacy'][n + 1]
                """),
        ]),
    SampleTable(
        "v3_tariff", "tariff", .fixed(800), key: ["tariff_id"],
        columns: [
            SampleColumn("tariff_id", "INT NOT NULL", "n + 1"),
            SampleColumn(
                "tariff_nm", "VARCHAR(60)",
                "'Tariff ' || (2010 + d(1, 17))::VARCHAR || '/' || n::VARCHAR"),
            SampleColumn("mthly", "DOUBLE", "(500 + d(2, 6000)) / 100"),
            SampleColumn("valid_from", "DATE", "zero_day(3, 40, dt(-d(4, 4000)))"),
            SampleColumn("valid_to", "DATE", "zero_day(5, 700, dt(d(6, 700)))"),
        ]),
    SampleTable(
        "v3_tariff", "tariff_rate", .fixed(8_000), key: ["tariff_id", "ut_id"],
        columns: [
            SampleColumn("tariff_id", "INT NOT NULL", "1 + n // 10"),
            SampleColumn("ut_id", "INT NOT NULL", "1 + (n % 10) * 80 + d(1, 80)"),
            SampleColumn("rate", "VARCHAR(16)", "printf('%.5f', d(2, 30000) / 100000)"),
            SampleColumn("min_chg", "DOUBLE", "d(3, 10) / 100"),
        ]),
    SampleTable(
        "v3_numbering", "number_range", .fixed(500), key: ["rng_id"],
        columns: [
            SampleColumn("rng_id", "INT NOT NULL", "n + 1"),
            SampleColumn("start_no", "BIGINT UNSIGNED", "441610000000 + n * 10000"),
            SampleColumn("end_no", "BIGINT UNSIGNED", "441610009999 + n * 10000"),
            SampleColumn("own", "CHAR(3)", "yn(1, 900)"),
        ]),
    SampleTable(
        "v3_numbering", "number_alloc", .scaled(1_500_000, perDay: 700, updates: 300), key: ["num_id"],
        cursor: "chg_dt",
        columns: [
            SampleColumn("num_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("msisdn", "BIGINT UNSIGNED NOT NULL", "441610000000 + n"),
            SampleColumn(
                "svc_id", "INT UNSIGNED",
                "CASE WHEN v(1, 10) < 2 THEN 0 ELSE 1 + d(2, services_of_day_0()) END"),
            SampleColumn("alloc_dt", "DATE", "zero_day(3, 50, dt(day))"),
            SampleColumn("chg_dt", "DATETIME NOT NULL", "updated(4, 60)"),
        ]),
    SampleTable(
        "v3_porting", "port_request", .scaled(250_000, perDay: 250, updates: 400), key: ["port_id"],
        cursor: "updated_at",
        columns: [
            SampleColumn("port_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("msisdn", "BIGINT UNSIGNED", "441610000000 + d(1, 1500000)"),
            SampleColumn(
                "pac", "CHAR(9)",
                "pick(2, ['ABC', 'TRN', 'VOX']) || (100000 + d(3, 899999))::VARCHAR"),
            SampleColumn("dirn", "ENUM('IN','OUT')", "pick(4, ['IN', 'IN', 'OUT'])"),
            SampleColumn("p_stat", "TINYINT", "1 + v(5, 5)"),
            SampleColumn("req_dt", "DATETIME", "created()"),
            SampleColumn("done_dt", "DATETIME", "zero(6, 250, ts(day + d(7, 14), sec))"),
            SampleColumn("updated_at", "DATETIME NOT NULL", "updated(8, 14)"),
        ]),
    SampleTable(
        "v3_porting", "port_status", .fixed(5), key: ["p_stat"],
        columns: [
            SampleColumn("p_stat", "TINYINT NOT NULL", "n + 1"),
            SampleColumn(
                "descr", "VARCHAR(40)",
                "['Requested', 'Validated', 'Scheduled', 'Complete', 'Rejected'][n + 1]"),
        ]),
    SampleTable(
        "v3_network", "site", .fixed(3_000), key: ["site_id"],
        columns: [
            SampleColumn("site_id", "INT NOT NULL", "n + 1"),
            SampleColumn("site_nm", "VARCHAR(60)", "pick(1, \(towns)) || ' ' || n::VARCHAR"),
            SampleColumn("lat", "DOUBLE", "50 + d(2, 800000) / 100000"),
            SampleColumn("lon", "DOUBLE", "-6 + d(3, 700000) / 100000"),
            SampleColumn("live", "BIT(1)", "CASE WHEN chance(4, 950) THEN 1 ELSE 0 END"),
        ]),
    SampleTable(
        "v3_network", "cell", .fixed(12_000), key: ["cell_id"],
        columns: [
            SampleColumn("cell_id", "INT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("site_id", "INT", "1 + n // 4"),
            SampleColumn("tech", "SET('2G','3G','4G','5G')", "pick(1, ['2G', '2G,4G', '4G', '4G,5G', '5G'])"),
            SampleColumn("azimuth", "SMALLINT UNSIGNED", "d(2, 360)"),
        ]),
    SampleTable(
        "v3_provisioning", "prov_job", .scaled(1_000_000, perDay: 900, updates: 600), key: ["job_id"],
        cursor: "upd_at",
        columns: [
            SampleColumn("job_id", "BIGINT UNSIGNED NOT NULL", "n + 1"),
            SampleColumn("svc_id", "INT UNSIGNED", "1 + d(1, services_of_day_0())"),
            SampleColumn(
                "job_typ", "VARCHAR(20)",
                "pick(2, ['ACTIVATE', 'cease', 'CEASE', 'MODIFY', 'Activate '])"),
            SampleColumn(
                "ok", "TINYINT(1)",
                "CASE WHEN v(3, 100) < 5 THEN NULL WHEN v(3, 100) < 9 THEN 0 ELSE 1 END"),
            SampleColumn("upd_at", "DATETIME NOT NULL", "updated(4, 3)"),
        ]),
    SampleTable(
        "v3_provisioning", "prov_step", .scaled(2_000_000, perDay: 1_800), key: ["job_id", "step_no"],
        cursor: "done_at",
        columns: [
            SampleColumn("job_id", "BIGINT UNSIGNED NOT NULL", "1 + n // 2"),
            SampleColumn("step_no", "TINYINT NOT NULL", "1 + n % 2"),
            SampleColumn("sys", "VARCHAR(12)", "['HLR', 'RADIUS'][1 + n % 2]"),
            // Longer than a day now and then, as TIME allows.
            SampleColumn(
                "took", "TIME",
                """
                lpad((CASE WHEN chance(1, 5) THEN 24 + d(2, 76) ELSE 0 END)::VARCHAR, 2, '0') || ':'
                || lpad(d(3, 60)::VARCHAR, 2, '0') || ':07'
                """
            ),
            SampleColumn("done_at", "TIMESTAMP NULL", "created()"),
        ]),
]
