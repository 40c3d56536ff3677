/*---
description: >-
  What became of the customers who joined in one month: how many still had MRR at the end of each later month, and how
  much of it. A customer's cohort is the month of its first MRR, for ever; who leaves and comes back is counted again
  from then on, so a rate may rise. MRR may exceed what the cohort began with, because customers who stay buy more.
  gold.mrr_movement says what MRR is. Month 0 is the joining month itself; the last month of each cohort may be the
  running one.
grain: one row per cohort and month since
owner: crm-data@telecom.example
tags: [customer, mart, cohort]
materialization: full
columns:
  cohort_month: { type: DATE, description: First day of the month of joining, checks: [not_null] }
  months_since: { type: INTEGER, description: 0 is the month of joining, checks: [not_null] }
  month: { type: DATE, description: First day of the month that the figures are of, checks: [not_null] }
  customers_joined: { type: BIGINT, description: Size of the cohort, checks: [not_null] }
  customers_retained: { type: BIGINT, description: Of these with MRR at the end of the month, checks: [not_null] }
  customer_retention: { type: "DECIMAL(18,6)", description: customers_retained / customers_joined, checks: [not_null] }
  mrr_joined: { type: "DECIMAL(18,4)", description: "Pounds a month, at the end of month 0", checks: [not_null] }
  mrr_retained: { type: "DECIMAL(18,4)", description: "Pounds a month, at the end of the month", checks: [not_null] }
  mrr_retention: { type: "DECIMAL(18,6)", description: mrr_retained / mrr_joined, checks: [not_null] }
checks:
  - unique: [cohort_month, months_since]
---*/
WITH customer_month AS (
    SELECT
        month,
        customer_id,
        any_value(customer_movement) AS movement,
        sum(amount) AS amount,
        min(month) OVER (PARTITION BY customer_id) AS cohort_month
    FROM gold.mrr_movement
    GROUP BY month, customer_id
),
moved AS (
    SELECT
        cohort_month,
        month,
        count(*) FILTER (movement IN ('new', 'reactivated')) - count(*) FILTER (movement = 'churned') AS customers,
        sum(amount) AS amount
    FROM customer_month
    GROUP BY cohort_month, month
),
cell AS (
    SELECT
        k.cohort_month,
        CAST(unnest(generate_series(k.cohort_month, n.month, INTERVAL 1 MONTH)) AS DATE) AS month
    FROM (SELECT DISTINCT cohort_month FROM moved) AS k
    CROSS JOIN (SELECT max(month) AS month FROM gold.mrr_by_month) AS n
),
balance AS (
    SELECT
        c.cohort_month,
        c.month,
        sum(coalesce(m.customers, 0)) OVER cohort AS customers,
        sum(coalesce(m.amount, 0)) OVER cohort AS amount
    FROM cell AS c
    LEFT JOIN moved AS m ON m.cohort_month = c.cohort_month AND m.month = c.month
    WINDOW cohort AS (PARTITION BY c.cohort_month ORDER BY c.month)
)
SELECT
    b.cohort_month,
    CAST(date_diff('month', b.cohort_month, b.month) AS INTEGER) AS months_since,
    b.month,
    CAST(s.customers AS BIGINT) AS customers_joined,
    CAST(b.customers AS BIGINT) AS customers_retained,
    CAST(b.customers / s.customers AS DECIMAL(18,6)) AS customer_retention,
    CAST(s.amount AS DECIMAL(18,4)) AS mrr_joined,
    CAST(b.amount AS DECIMAL(18,4)) AS mrr_retained,
    CAST(b.amount / s.amount AS DECIMAL(18,6)) AS mrr_retention
FROM balance AS b
JOIN balance AS s ON s.cohort_month = b.cohort_month AND s.month = b.cohort_month
ORDER BY b.cohort_month, b.month
