/*---
description: >-
  What was invoiced in each month. Revenue is what stands on invoices and credit notes that are neither drafts nor
  void, by the date of the invoice, whether it was paid or not. Credit notes count against the month in which they
  were raised, not the one that they correct. The last month is complete when an invoice of its last day, or of a
  later month, is there.
grain: one row per month
owner: finance-data@telecom.example
tags: [finance, mart, revenue]
materialization: full
freshness: { max_age: 26h, by: "07:30", days: MON-FRI }
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null, unique] }
  is_complete: { type: BOOLEAN, description: Whether the month is over, checks: [not_null] }
  invoices: { type: BIGINT, description: "Invoices and credit notes that count", checks: [not_null] }
  customers: { type: BIGINT, description: Customers with one of them, checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
  vat: { type: "DECIMAL(18,4)", description: Pounds, checks: [not_null] }
  gross_revenue: { type: "DECIMAL(18,4)", description: Pounds with VAT, checks: [not_null] }
  credited:
    type: "DECIMAL(18,4)"
    description: Pounds without VAT on credit notes, of net_revenue; zero or less
    checks: [not_null]
checks:
  - row_count: { min: 1 }
---*/
WITH newest AS (
    SELECT max(invoice_date) AS day FROM silver.fact_invoice
)
SELECT
    CAST(date_trunc('month', i.invoice_date) AS DATE) AS month,
    last_day(any_value(i.invoice_date)) <= any_value(n.day) AS is_complete,
    count(*) AS invoices,
    count(DISTINCT i.customer_id) AS customers,
    CAST(sum(i.net_amount) AS DECIMAL(18,4)) AS net_revenue,
    CAST(sum(i.vat_amount) AS DECIMAL(18,4)) AS vat,
    CAST(sum(i.gross_amount) AS DECIMAL(18,4)) AS gross_revenue,
    CAST(coalesce(sum(i.net_amount) FILTER (i.invoice_type = 'credit note'), 0) AS DECIMAL(18,4)) AS credited
FROM silver.fact_invoice AS i
CROSS JOIN newest AS n
WHERE i.is_revenue
GROUP BY date_trunc('month', i.invoice_date)
ORDER BY month
