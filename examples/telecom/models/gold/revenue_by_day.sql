/*---
description: >-
  Net revenue by day, segment, service type and product family: the detail below gold.revenue_by_product_family, for
  seasons and campaigns. One file per month; a night builds the months of which a charge changed, such as that of an
  invoice of last winter which is voided today.
grain: one row per day, customer type, service type and product family
owner: finance-data@telecom.example
tags: [finance, mart, revenue, series]
partitions: { by: monthly, column: day, start: 2023-07-01, end_offset: 1, timezone: Europe/London }
inputs: { silver.customer_service_invoice: { column: invoice_date } }
columns:
  day: { type: DATE, description: Date of the invoices, checks: [not_null] }
  customer_type: { type: VARCHAR, description: Segment, checks: [not_null] }
  service_type: { type: VARCHAR, checks: [not_null] }
  product_family: { type: VARCHAR, checks: [not_null] }
  charges: { type: BIGINT, description: "Services on invoices, each once for each invoice", checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
checks:
  - unique: [day, customer_type, service_type, product_family]
---*/
SELECT
    invoice_date AS day,
    customer_type,
    service_type,
    product_family,
    count(*) AS charges,
    CAST(sum(net_amount) AS DECIMAL(18,4)) AS net_revenue
FROM silver.customer_service_invoice
WHERE is_revenue
GROUP BY ALL
ORDER BY day, customer_type, service_type, product_family
