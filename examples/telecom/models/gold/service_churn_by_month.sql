/*---
description: >-
  Services (not customers) that were live at the start of each month, those that went live and those that ceased in
  it, by their own dates: a service that goes live and ceases in one month is in both. Billable or not, and whatever
  its customer does. Services without a date of activation (zero in V3) do not count. Months are those with invoices.
grain: one row per month
owner: crm-data@telecom.example
tags: [customer, mart, churn]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null, unique] }
  services_at_start: { type: BIGINT, description: Live on the last day of the month before, checks: [not_null] }
  activated: { type: BIGINT, description: Services that went live in the month, checks: [not_null] }
  ceased: { type: BIGINT, description: Services that ended in the month, checks: [not_null] }
  churn_rate: { type: "DECIMAL(18,6)", description: "ceased / services_at_start; NULL if there were none" }
checks:
  - row_count: { min: 1 }
---*/
WITH month AS (
    SELECT DISTINCT CAST(date_trunc('month', invoice_date) AS DATE) AS month FROM silver.fact_invoice
),
change AS (
    SELECT CAST(date_trunc('month', activated_on) AS DATE) AS month, count(*) AS activated, 0 AS ceased
    FROM silver.dim_service WHERE activated_on IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT CAST(date_trunc('month', ceased_on) AS DATE), 0, count(*)
    FROM silver.dim_service WHERE activated_on IS NOT NULL AND ceased_on IS NOT NULL GROUP BY ALL
),
per_month AS (
    SELECT
        m.month,
        coalesce(sum(c.activated - c.ceased) FILTER (c.month < m.month), 0) AS services_at_start,
        coalesce(sum(c.activated) FILTER (c.month = m.month), 0) AS activated,
        coalesce(sum(c.ceased) FILTER (c.month = m.month), 0) AS ceased
    FROM month AS m
    LEFT JOIN change AS c ON c.month <= m.month
    GROUP BY m.month
)
SELECT
    month,
    CAST(services_at_start AS BIGINT) AS services_at_start,
    CAST(activated AS BIGINT) AS activated,
    CAST(ceased AS BIGINT) AS ceased,
    CAST(ceased / nullif(services_at_start, 0) AS DECIMAL(18,6)) AS churn_rate
FROM per_month
ORDER BY month
