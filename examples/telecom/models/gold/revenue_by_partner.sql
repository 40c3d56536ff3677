/*---
description: >-
  Net revenue by month and reseller; direct customers are one row of each month. Revenue is what gold.revenue_by_month
  counts, and adds up to it. A customer belongs to the reseller of today, with all of its past. It is what the
  reseller's customers were invoiced, not what the reseller earned: commission is in silver.dim_partner.
grain: one row per month and partner
owner: finance-data@telecom.example
tags: [finance, mart, revenue, partner]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  partner_id: { type: BIGINT, description: "0 for direct customers, who have no reseller", checks: [not_null] }
  partner_name: { type: VARCHAR, description: "Direct for direct customers", checks: [not_null] }
  partner_tier: { type: VARCHAR, description: NULL for direct customers }
  customers: { type: BIGINT, description: Customers with an invoice, checks: [not_null] }
  invoices: { type: BIGINT, checks: [not_null] }
  net_revenue: { type: "DECIMAL(18,4)", description: Pounds without VAT, checks: [not_null] }
checks:
  - unique: [month, partner_id]
---*/
SELECT
    CAST(date_trunc('month', i.invoice_date) AS DATE) AS month,
    coalesce(c.partner_id, 0) AS partner_id,
    coalesce(p.partner_name, 'Direct') AS partner_name,
    p.tier AS partner_tier,
    count(DISTINCT i.customer_id) AS customers,
    count(*) AS invoices,
    CAST(sum(i.net_amount) AS DECIMAL(18,4)) AS net_revenue
FROM silver.fact_invoice AS i
LEFT JOIN silver.dim_customer AS c ON c.customer_id = i.customer_id
LEFT JOIN silver.dim_partner AS p ON p.partner_id = c.partner_id
WHERE i.is_revenue
GROUP BY ALL
ORDER BY month, partner_id
