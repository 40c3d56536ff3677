/*---
description: Average net revenue per invoiced customer and month, by segment.
grain: one row per month and customer type
owner: finance-data@telecom.example
tags: [finance, mart]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  customer_type: { type: VARCHAR, checks: [not_null] }
  customers: { type: BIGINT, description: Customers with an invoice, checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
  arpu: { type: "DECIMAL(18,4)", description: Pounds per customer, checks: [not_null] }
checks:
  - unique: [month, customer_type]
---*/
SELECT
    CAST(date_trunc('month', i.invoice_date) AS DATE) AS month,
    coalesce(c.customer_type, 'Unknown') AS customer_type,
    count(DISTINCT i.customer_id) AS customers,
    CAST(sum(i.net_amount) AS DECIMAL(18,4)) AS net_revenue,
    CAST(sum(i.net_amount) / count(DISTINCT i.customer_id) AS DECIMAL(18,4)) AS arpu
FROM silver.fact_invoice AS i
LEFT JOIN silver.dim_customer AS c ON c.customer_id = i.customer_id
WHERE i.status NOT IN ('Draft', 'Void')
GROUP BY ALL
ORDER BY month, customer_type
