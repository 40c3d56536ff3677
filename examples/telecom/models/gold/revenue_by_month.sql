/*---
description: >-
  What was invoiced in each month. Drafts and void invoices do not count; credit notes count against it.
grain: one row per month
owner: finance-data@telecom.example
tags: [finance, mart]
materialization: full
freshness: { max_age: 26h, by: "07:30", days: MON-FRI }
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null, unique] }
  invoices: { type: BIGINT, checks: [not_null] }
  customers: { type: BIGINT, description: Customers with an invoice, checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
  vat: { type: "DECIMAL(18,4)", description: Pounds, checks: [not_null] }
  gross_revenue: { type: "DECIMAL(18,4)", description: Pounds with VAT, checks: [not_null] }
  credited:
    type: "DECIMAL(18,4)"
    description: Pounds without VAT on credit notes; zero or less
    checks: [not_null]
checks:
  - row_count: { min: 1 }
---*/
SELECT
    CAST(date_trunc('month', invoice_date) AS DATE) AS month,
    count(*) AS invoices,
    count(DISTINCT customer_id) AS customers,
    CAST(sum(net_amount) AS DECIMAL(18,4)) AS net_revenue,
    CAST(sum(vat_amount) AS DECIMAL(18,4)) AS vat,
    CAST(sum(gross_amount) AS DECIMAL(18,4)) AS gross_revenue,
    CAST(coalesce(sum(net_amount) FILTER (invoice_type = 'credit note'), 0) AS DECIMAL(18,4)) AS credited
FROM silver.fact_invoice
WHERE status NOT IN ('Draft', 'Void')
GROUP BY ALL
ORDER BY month
