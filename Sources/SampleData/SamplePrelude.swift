internal import LakeModel

/// The statements that make the macros which every column's expression may use.
///
/// `n`, `u`, `b`, `day` and `sec` are the columns of the row under construction (see ``SampleTable``); `k`
/// numbers a table's streams of random numbers.
func samplePrelude(_ plan: SamplePlan) -> [String] {
    let count = plan.counts
    let macros: [(String, String)] = [
        // Random numbers: of the row, of this version of the row, and of any entity.
        ("r(k)", "tarn_random((stream)::UBIGINT + k::UBIGINT, n)"),
        ("unit(x)", "(x >> 11)::DOUBLE * 1.1102230246251565e-16::DOUBLE"),
        ("f(k)", "unit(r(k))"),
        ("d(k, m)", "(r(k) % m::UBIGINT)::BIGINT"),
        (
            "v(k, m)",
            "(tarn_random((stream)::UBIGINT + k::UBIGINT, n + (u + 1) * 1099511627776) % m::UBIGINT)::BIGINT"
        ),
        ("chance(k, permille)", "r(k) % 1000 < permille"),
        ("pick(k, words)", "words[1 + d(k, len(words))]"),
        ("skewed(k, m)", "floor(f(k) * f(k) * m)::BIGINT"),
        // Time: days are counted from the base date, the window of history is the three years up to it.
        (
            "ts(d, s)",
            "make_timestamp((\(plan.baseDay.daysSinceEpoch) + (d)::BIGINT) * 86400000000 + (s)::BIGINT * 1000000)"
        ),
        ("dt(d)", "(DATE '\(plan.baseDay)' + (d)::INTEGER)"),
        ("x_of(t)", "(sqrt(1.0::DOUBLE + 2.24::DOUBLE * (t)) - 1.0::DOUBLE) / 0.8::DOUBLE"),
        ("day_of(t)", "floor(\(windowDays) * x_of(t))::BIGINT - \(windowDays - 1)"),
        ("created()", "ts(day, sec)"),
        (
            "updated(k, lag)",
            """
            CASE WHEN u > 0 THEN ts(u, 21600 + v(k, 64800)) WHEN u < 0 THEN ts(day, sec - 21600)
            ELSE ts(least(day + d(k, lag), greatest(day, 0)), sec) END
            """
        ),
        // Dirt.
        (
            "zero(k, permille, t)",
            "CASE WHEN chance(k, permille) THEN '0000-00-00 00:00:00' ELSE (t)::VARCHAR END"
        ),
        ("zero_day(k, permille, t)", "CASE WHEN chance(k, permille) THEN '0000-00-00' ELSE (t)::VARCHAR END"),
        (
            "yn(k, permille)",
            """
            CASE WHEN r(k) % 1000 < permille
                 THEN CASE (r(k) >> 20) % 40 WHEN 0 THEN 'y' WHEN 1 THEN '1' WHEN 2 THEN 'T' ELSE 'Y' END
                 ELSE CASE (r(k) >> 20) % 40
                      WHEN 0 THEN 'n' WHEN 1 THEN '0' WHEN 2 THEN NULL WHEN 3 THEN '' ELSE 'N' END
            END
            """
        ),
        // Customers: half of them older than the window. Services: customer c owns those from lo(c) to lo(c +
        // 1), so the first customers have hundreds and the last ones about five.
        (
            "cust_day(c)",
            """
            CASE WHEN c >= \(count.customers) THEN 1 + (c - \(count.customers)) // \(max(1, count.customersPerDay))
                 WHEN 2 * c < \(count.customers)
                 THEN -\(windowDays) - floor((0.5::DOUBLE - c / \(count.customers)) * 5000)::BIGINT
                 ELSE floor((c / \(count.customers) - 0.5::DOUBLE) * \(2 * windowDays))::BIGINT - \(windowDays - 1) END
            """
        ),
        ("svc_lo(c)", "ceil(\(count.services) * sqrt((c) / \(count.customers)))::BIGINT"),
        (
            "svc_cust(s)",
            """
            CASE WHEN s < \(count.services)
                 THEN floor(\(count.customers) * ((s) / \(count.services)) * ((s) / \(count.services)))::BIGINT
                 ELSE floor(unit(tarn_random(\(plan.stream("service"))::UBIGINT, s)) * \(count.customers))::BIGINT END
            """
        ),
        ("customers_of_day_0()", "\(count.customers)"),
        ("services_of_day_0()", "\(count.services)"),
        ("invoices_of_day_0()", "\(count.invoices)"),
        ("block_invoices(g)", "CASE WHEN g = 0 THEN \(count.invoices) ELSE \(count.invoicesPerDay) END"),
        (
            "block_invoiceItems(g)",
            "CASE WHEN g = 0 THEN \(count.invoiceItems) ELSE \(count.invoiceItemsPerDay) END"
        ),
        (
            "block_invoiceServices(g)",
            "CASE WHEN g = 0 THEN \(count.invoiceServices) ELSE \(count.invoiceServicesPerDay) END"
        ),
        // Invoices: when, for which service's customer, and how much in pence. Most are small, a few are
        // large; every 53rd is a credit note.
        (
            "inv_x(i)",
            "CASE WHEN i < \(count.invoices) THEN x_of((i + 0.5::DOUBLE) / \(count.invoices)) ELSE 1.0::DOUBLE END"
        ),
        (
            "inv_day(i)",
            """
            CASE WHEN i < \(count.invoices) THEN floor(\(windowDays) * inv_x(i))::BIGINT - \(windowDays - 1)
                 ELSE 1 + (i - \(count.invoices)) // \(max(1, count.invoicesPerDay)) END
            """
        ),
        (
            "inv_svc(i)",
            """
            floor(unit(tarn_random(\(plan.stream("invoice.service"))::UBIGINT, i))
                * floor(\(count.services) * sqrt(0.5::DOUBLE + 0.5::DOUBLE * inv_x(i))))::BIGINT
            """
        ),
        ("inv_unit(i)", "unit(tarn_random(\(plan.stream("invoice.amount"))::UBIGINT, i))"),
        (
            "pence(i, x, d)",
            """
            (900 + 9000 * (x) * (x) + 50000 * (x) * (x) * (x) * (x) * (x) * (x) * (x) * (x))
                * (1.0::DOUBLE + (d) / 9000)
                * CASE WHEN i % 53 = 7 THEN -0.1::DOUBLE ELSE 1.0::DOUBLE END
                * list_extract(
                    [0.96, 0.94, 1.0, 0.99, 1.01, 0.98, 0.95, 0.90, 1.02, 1.05, 1.10, 1.16]::DOUBLE[], month(dt(d)))
            """
        ),
        (
            "upto(total, ks, q)",
            "floor((total) * ((q) * (ks) - (q) * ((q) - 1) // 2) / ((ks) * ((ks) + 1) // 2))::BIGINT"
        ),
        ("share(total, ks, q)", "upto(total, ks, (q) + 1) - upto(total, ks, q)"),
        (
            "nth_svc(a, q)",
            """
            svc_lo(svc_cust(a))
                + ((a) - svc_lo(svc_cust(a)) + (q)) % (svc_lo(svc_cust(a) + 1) - svc_lo(svc_cust(a)))
            """
        ),
    ]
    return macros.map { passingContext("CREATE MACRO \($0.0) AS \($0.1)") }
}

/// 2023-07-01 to 2026-06-30, when the base date is the latter.
let windowDays = 1_096
