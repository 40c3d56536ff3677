/*---
description: >-
  Totals of gold beside the same totals of bronze, to the penny; no row may differ, so a night on which one does fails
  here and says which. Revenue is counted in bronze from four tables that V3 keeps apart: headers (inv_amt, with VAT),
  amounts (net_amt), lines and services, each without the invoices that are drafts or void. MRR at the end of the
  newest month, which gold sums up from all movements since the first service, is counted as the charges of the
  services that are live on that day.
grain: one row per figure and month
owner: finance-data@telecom.example
tags: [finance, proof]
materialization: full
columns:
  figure: { type: VARCHAR, description: "What is compared: column of gold = table of bronze", checks: [not_null] }
  month: { type: DATE, checks: [not_null] }
  expected: { type: "DECIMAL(18,4)", description: "Pounds, as bronze has them; NULL if it has no such month" }
  found: { type: "DECIMAL(18,4)", description: "Pounds, as gold has them; NULL if it has no such month" }
  difference:
    type: "DECIMAL(18,4)"
    description: found - expected
    checks: [not_null, { accepted_values: ["0.0000"] }]
checks:
  - row_count: { min: 1 }
  - unique: [figure, month]
---*/
WITH counted AS (
    SELECT
        i.inv_id,
        CAST(date_trunc('month', CAST(i.inv_dt AS DATE)) AS DATE) AS month,
        CAST(i.inv_amt AS DECIMAL(18,2)) AS gross
    FROM bronze_v3_invoice.invoice AS i
    JOIN bronze_v3_invoice.invoice_status AS s ON s.inv_stat_id = i.inv_stat_id
    WHERE upper(trim(s.stat_nm)) NOT IN ('DRAFT', 'VOID')
),
header AS (
    SELECT month, sum(gross) AS amount FROM counted GROUP BY month
),
amounts AS (
    SELECT c.month, sum(CAST(d.net_amt AS DECIMAL(18,4))) AS amount
    FROM counted AS c JOIN bronze_v3_invoice.invoice_data AS d ON d.inv_id = c.inv_id GROUP BY c.month
),
line AS (
    SELECT c.month, sum(CAST(t.amt AS DECIMAL(18,4))) AS amount
    FROM counted AS c JOIN bronze_v3_invoice.invoice_item AS t ON t.inv_id = c.inv_id GROUP BY c.month
),
service AS (
    SELECT c.month, sum(CAST(x.svc_amt AS DECIMAL(18,4))) AS amount
    FROM counted AS c JOIN bronze_v3_invoice.invoice_service AS x ON x.inv_id = c.inv_id GROUP BY c.month
),
month_end AS (
    SELECT max(month) AS month, last_day(max(month)) AS day FROM gold.mrr_by_month
),
-- The version of each service that holds at the end of the month, or its first one if the lake is younger than that.
version AS (
    SELECT h.*, m.month, m.day
    FROM silver.dim_service_history AS h
    CROSS JOIN month_end AS m
    QUALIFY row_number() OVER (
        PARTITION BY h.service_id
        ORDER BY CAST(h.valid_from AS DATE) <= m.day DESC,
            CASE WHEN CAST(h.valid_from AS DATE) <= m.day THEN h.valid_from END DESC, h.valid_from
    ) = 1
),
contract AS (
    SELECT v.month, sum(v.monthly_charge) AS amount
    FROM version AS v
    JOIN silver.dim_service AS s ON s.service_id = v.service_id
    LEFT JOIN silver.dim_customer AS c ON c.customer_id = v.customer_id
    WHERE v.is_billable
        AND s.activated_on <= v.day
        AND (s.ceased_on IS NULL OR s.ceased_on > greatest(v.day, s.activated_on))
        AND (c.churned_on IS NULL OR c.churned_on > v.day OR c.churned_on <= s.activated_on)
    GROUP BY v.month
),
expected AS (
    SELECT 'revenue_by_month.gross_revenue = invoice' AS figure, * FROM header
    UNION ALL SELECT 'revenue_by_month.net_revenue = invoice_data', * FROM amounts
    UNION ALL SELECT 'revenue_by_month.net_revenue = invoice_item', * FROM line
    UNION ALL SELECT 'revenue_by_partner.net_revenue = invoice_data', * FROM amounts
    UNION ALL SELECT 'arpu_by_month.net_revenue = invoice_data', * FROM amounts
    UNION ALL SELECT 'revenue_by_product_family.net_revenue = invoice_service', * FROM service
    UNION ALL SELECT 'mrr_by_month.closing_mrr = service', * FROM contract
    UNION ALL SELECT 'mrr_by_product_family.closing_mrr = service', * FROM contract
    UNION ALL SELECT 'mrr_by_partner.closing_mrr = service', * FROM contract
    UNION ALL SELECT 'cohort_retention.mrr_retained = service', * FROM contract
),
found AS (
    SELECT 'revenue_by_month.gross_revenue = invoice' AS figure, month, gross_revenue AS amount FROM gold.revenue_by_month
    UNION ALL SELECT 'revenue_by_month.net_revenue = invoice_data', month, net_revenue FROM gold.revenue_by_month
    UNION ALL SELECT 'revenue_by_month.net_revenue = invoice_item', month, net_revenue FROM gold.revenue_by_month
    UNION ALL SELECT 'revenue_by_partner.net_revenue = invoice_data', month, sum(net_revenue)
    FROM gold.revenue_by_partner GROUP BY month
    UNION ALL SELECT 'arpu_by_month.net_revenue = invoice_data', month, sum(net_revenue)
    FROM gold.arpu_by_month GROUP BY month
    UNION ALL SELECT 'revenue_by_product_family.net_revenue = invoice_service', month, sum(net_revenue)
    FROM gold.revenue_by_product_family GROUP BY month
    UNION ALL SELECT 'mrr_by_month.closing_mrr = service', m.month, m.closing_mrr
    FROM gold.mrr_by_month AS m JOIN month_end AS e ON e.month = m.month
    UNION ALL SELECT 'mrr_by_product_family.closing_mrr = service', m.month, sum(m.closing_mrr)
    FROM gold.mrr_by_product_family AS m JOIN month_end AS e ON e.month = m.month GROUP BY m.month
    UNION ALL SELECT 'mrr_by_partner.closing_mrr = service', m.month, sum(m.closing_mrr)
    FROM gold.mrr_by_partner AS m JOIN month_end AS e ON e.month = m.month GROUP BY m.month
    UNION ALL SELECT 'cohort_retention.mrr_retained = service', r.month, sum(r.mrr_retained)
    FROM gold.cohort_retention AS r JOIN month_end AS e ON e.month = r.month GROUP BY r.month
)
SELECT
    coalesce(e.figure, f.figure) AS figure,
    coalesce(e.month, f.month) AS month,
    CAST(e.amount AS DECIMAL(18,4)) AS expected,
    CAST(f.amount AS DECIMAL(18,4)) AS found,
    CAST(coalesce(f.amount, 0) - coalesce(e.amount, 0) AS DECIMAL(18,4)) AS difference
FROM expected AS e
FULL JOIN found AS f ON f.figure = e.figure AND f.month = e.month
ORDER BY figure, month
