/*---
description: >-
  Net revenue by month, segment and product family, from customer to service to invoice. Revenue is what
  gold.revenue_by_month counts, divided among the services of each invoice, and adds up to it. Segment and family are
  those of today: if a product moves to another family, so does its past.
grain: one row per month, customer type and product family
owner: finance-data@telecom.example
tags: [finance, mart, revenue]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  customer_type: { type: VARCHAR, description: Segment, checks: [not_null] }
  product_family: { type: VARCHAR, checks: [not_null] }
  customers: { type: BIGINT, description: Customers with a charge, checks: [not_null] }
  services: { type: BIGINT, description: Services with a charge, checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
checks:
  - unique: [month, customer_type, product_family]
---*/
SELECT
    CAST(date_trunc('month', invoice_date) AS DATE) AS month,
    customer_type,
    product_family,
    count(DISTINCT customer_id) AS customers,
    count(DISTINCT service_id) AS services,
    CAST(sum(net_amount) AS DECIMAL(18,4)) AS net_revenue
FROM silver.customer_service_invoice
WHERE is_revenue
GROUP BY ALL
ORDER BY month, customer_type, product_family
