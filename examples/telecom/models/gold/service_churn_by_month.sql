/*---
description: Services that were live at the start of each month, and those that ceased in it.
grain: one row per month
owner: crm-data@telecom.example
tags: [customer, mart]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null, unique] }
  services_at_start: { type: BIGINT, checks: [not_null] }
  activated: { type: BIGINT, description: Services that went live in the month, checks: [not_null] }
  ceased: { type: BIGINT, description: Services that ended in the month, checks: [not_null] }
  churn_rate: { type: DOUBLE, description: "ceased / services_at_start; NULL if there were none" }
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
    CAST(ceased AS DOUBLE) / CAST(nullif(services_at_start, 0) AS DOUBLE) AS churn_rate
FROM per_month
ORDER BY month
