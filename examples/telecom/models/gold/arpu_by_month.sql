/*---
description: >-
  Average net revenue per user and month, by segment. A user is a customer with an invoice or credit note that counts
  in the month (gold.revenue_by_month says which count), so customers who pay by the quarter raise the average of
  their month and are missing from the others. Revenue is net of credit notes and without VAT. The figure per service
  divides the same revenue by the services that were charged. Averages are rounded to four digits; revenue is not.
grain: one row per month and customer type
owner: finance-data@telecom.example
tags: [finance, mart, arpu]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  customer_type: { type: VARCHAR, description: Segment, checks: [not_null] }
  customers: { type: BIGINT, description: Customers with an invoice, checks: [not_null] }
  services: { type: BIGINT, description: Services with a charge, checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
  arpu: { type: "DECIMAL(18,4)", description: Pounds per customer, checks: [not_null] }
  revenue_per_service: { type: "DECIMAL(18,4)", description: Pounds per service; NULL if no service was charged }
checks:
  - unique: [month, customer_type]
---*/
WITH per_customer AS (
    SELECT
        CAST(date_trunc('month', i.invoice_date) AS DATE) AS month,
        coalesce(c.customer_type, 'Unknown') AS customer_type,
        count(DISTINCT i.customer_id) AS customers,
        sum(i.net_amount) AS net_revenue
    FROM silver.fact_invoice AS i
    LEFT JOIN silver.dim_customer AS c ON c.customer_id = i.customer_id
    WHERE i.is_revenue
    GROUP BY ALL
),
per_service AS (
    SELECT
        CAST(date_trunc('month', invoice_date) AS DATE) AS month,
        customer_type,
        count(DISTINCT service_id) AS services
    FROM silver.customer_service_invoice
    WHERE is_revenue
    GROUP BY ALL
)
SELECT
    c.month,
    c.customer_type,
    c.customers,
    coalesce(s.services, 0) AS services,
    CAST(c.net_revenue AS DECIMAL(18,4)) AS net_revenue,
    CAST(c.net_revenue / c.customers AS DECIMAL(18,4)) AS arpu,
    CAST(c.net_revenue / nullif(s.services, 0) AS DECIMAL(18,4)) AS revenue_per_service
FROM per_customer AS c
LEFT JOIN per_service AS s ON s.month = c.month AND s.customer_type = c.customer_type
ORDER BY c.month, c.customer_type
