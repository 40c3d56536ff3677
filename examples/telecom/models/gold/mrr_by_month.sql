/*---
description: >-
  Monthly recurring revenue at the end of each month, and how it came from the month before: opening + new + expansion
  - contraction - churned + reactivated = closing. gold.mrr_movement says what MRR is and what each movement means.
grain: one row per month, from the first service to the month of the newest invoice
owner: finance-data@telecom.example
tags: [finance, mart, mrr]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null, unique] }
  is_complete: { type: BOOLEAN, description: "Whether the month is over; if not, it is as it will end by what is known",
                 checks: [not_null] }
  opening_mrr: { type: "DECIMAL(18,4)", description: "Pounds a month, at the end of the month before", checks: [not_null] }
  new_mrr: { type: "DECIMAL(18,4)", description: Of customers that never had any, checks: [not_null] }
  expansion_mrr: { type: "DECIMAL(18,4)", description: Of customers that had less, checks: [not_null] }
  contraction_mrr: { type: "DECIMAL(18,4)", description: "What customers gave up and kept some; not negative",
                     checks: [not_null] }
  churned_mrr: { type: "DECIMAL(18,4)", description: "What customers gave up and kept none; not negative", checks: [not_null] }
  reactivated_mrr: { type: "DECIMAL(18,4)", description: "Of customers that had some once, and none a month ago",
                     checks: [not_null] }
  closing_mrr: { type: "DECIMAL(18,4)", description: "Pounds a month, at the end of the month", checks: [not_null] }
  unexplained:
    type: "DECIMAL(18,4)"
    description: "closing - (opening + new + expansion - contraction - churned + reactivated); always zero"
    checks: [not_null, { accepted_values: ["0.0000"] }]
checks:
  - row_count: { min: 1 }
---*/
WITH newest AS (
    SELECT max(invoice_date) AS day FROM silver.fact_invoice
),
month AS (
    SELECT CAST(unnest(generate_series(min(m.month), date_trunc('month', any_value(n.day)), INTERVAL 1 MONTH)) AS DATE) AS month
    FROM gold.mrr_movement AS m
    CROSS JOIN newest AS n
),
moved AS (
    SELECT
        month,
        sum(amount) FILTER (customer_movement = 'new') AS new_mrr,
        sum(amount) FILTER (customer_movement = 'expansion') AS expansion_mrr,
        -sum(amount) FILTER (customer_movement = 'contraction') AS contraction_mrr,
        -sum(amount) FILTER (customer_movement = 'churned') AS churned_mrr,
        sum(amount) FILTER (customer_movement = 'reactivated') AS reactivated_mrr,
        sum(amount) AS change
    FROM gold.mrr_movement
    GROUP BY month
),
balance AS (
    SELECT
        m.month,
        last_day(m.month) <= n.day AS is_complete,
        v.* EXCLUDE (month),
        coalesce(sum(v.change) OVER (ORDER BY m.month), 0) AS closing
    FROM month AS m
    CROSS JOIN newest AS n
    LEFT JOIN moved AS v ON v.month = m.month
)
SELECT
    month,
    is_complete,
    CAST(closing - coalesce(change, 0) AS DECIMAL(18,4)) AS opening_mrr,
    CAST(coalesce(new_mrr, 0) AS DECIMAL(18,4)) AS new_mrr,
    CAST(coalesce(expansion_mrr, 0) AS DECIMAL(18,4)) AS expansion_mrr,
    CAST(coalesce(contraction_mrr, 0) AS DECIMAL(18,4)) AS contraction_mrr,
    CAST(coalesce(churned_mrr, 0) AS DECIMAL(18,4)) AS churned_mrr,
    CAST(coalesce(reactivated_mrr, 0) AS DECIMAL(18,4)) AS reactivated_mrr,
    CAST(closing AS DECIMAL(18,4)) AS closing_mrr,
    CAST(
        coalesce(change, 0) - (
            coalesce(new_mrr, 0) + coalesce(expansion_mrr, 0) - coalesce(contraction_mrr, 0)
            - coalesce(churned_mrr, 0) + coalesce(reactivated_mrr, 0)
        ) AS DECIMAL(18,4)
    ) AS unexplained
FROM balance
ORDER BY month
