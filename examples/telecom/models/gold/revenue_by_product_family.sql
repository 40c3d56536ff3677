/*---
description: Net revenue from customer to service to invoice, by month, segment and product family.
grain: one row per month, customer type and product family
owner: finance-data@telecom.example
tags: [finance, mart]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  customer_type: { type: VARCHAR, checks: [not_null] }
  product_family: { type: VARCHAR, checks: [not_null] }
  services: { type: BIGINT, description: Services with a charge, checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
checks:
  - unique: [month, customer_type, product_family]
---*/
SELECT
    CAST(date_trunc('month', x.invoice_date) AS DATE) AS month,
    coalesce(c.customer_type, 'Unknown') AS customer_type,
    coalesce(s.product_family, 'Unknown') AS product_family,
    count(DISTINCT x.service_id) AS services,
    CAST(sum(x.net_amount) AS DECIMAL(18,4)) AS net_revenue
FROM silver.fact_invoice_service AS x
JOIN silver.fact_invoice AS i ON i.invoice_id = x.invoice_id
LEFT JOIN silver.dim_service AS s ON s.service_id = x.service_id
LEFT JOIN silver.dim_customer AS c ON c.customer_id = x.customer_id
WHERE i.status NOT IN ('Draft', 'Void')
GROUP BY ALL
ORDER BY month, customer_type, product_family
