/*---
description: >-
  Monthly recurring revenue of each product family at the end of each month, and how it came from the month before.
  Movements are those of customers in the family: one who had only Mobile and adds Fibre is new to Fibre here, and an
  expansion in gold.mrr_by_month. Opening and closing of all families add up to those of gold.mrr_by_month; single
  movements need not.
grain: one row per month and product family that has or had MRR
owner: finance-data@telecom.example
tags: [finance, mart, mrr]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  product_family: { type: VARCHAR, checks: [not_null] }
  opening_mrr: { type: "DECIMAL(18,4)", description: "Pounds a month, at the end of the month before", checks: [not_null] }
  new_mrr: { type: "DECIMAL(18,4)", description: Of the family's customers that never had any, checks: [not_null] }
  expansion_mrr: { type: "DECIMAL(18,4)", description: Of the family's customers that had less, checks: [not_null] }
  contraction_mrr: { type: "DECIMAL(18,4)", description: "What the family's customers gave up and kept some; not negative",
                     checks: [not_null] }
  churned_mrr: { type: "DECIMAL(18,4)", description: "What the family's customers gave up and kept none; not negative",
                 checks: [not_null] }
  reactivated_mrr: { type: "DECIMAL(18,4)", description: "Of the family's customers that had some once, and none a month ago",
                     checks: [not_null] }
  closing_mrr: { type: "DECIMAL(18,4)", description: "Pounds a month, at the end of the month", checks: [not_null] }
  unexplained:
    type: "DECIMAL(18,4)"
    description: "closing - (opening + new + expansion - contraction - churned + reactivated); always zero"
    checks: [not_null, { accepted_values: ["0.0000"] }]
checks:
  - unique: [month, product_family]
---*/
WITH newest AS (
    SELECT max(invoice_date) AS day FROM silver.fact_invoice
),
moved AS (
    SELECT
        month,
        product_family,
        sum(amount) FILTER (family_movement = 'new') AS new_mrr,
        sum(amount) FILTER (family_movement = 'expansion') AS expansion_mrr,
        -sum(amount) FILTER (family_movement = 'contraction') AS contraction_mrr,
        -sum(amount) FILTER (family_movement = 'churned') AS churned_mrr,
        sum(amount) FILTER (family_movement = 'reactivated') AS reactivated_mrr,
        sum(amount) AS change
    FROM gold.mrr_movement
    GROUP BY month, product_family
),
-- From its first month on, each has a row for every month, so that an opening is the closing before it.
cell AS (
    SELECT
        product_family,
        CAST(unnest(generate_series(min(month), date_trunc('month', any_value(n.day)), INTERVAL 1 MONTH)) AS DATE) AS month
    FROM moved
    CROSS JOIN newest AS n
    GROUP BY product_family
),
balance AS (
    SELECT
        c.*,
        v.* EXCLUDE (month, product_family),
        coalesce(sum(v.change) OVER (PARTITION BY c.product_family ORDER BY c.month), 0) AS closing
    FROM cell AS c
    LEFT JOIN moved AS v ON v.month = c.month AND v.product_family = c.product_family
)
SELECT
    month,
    product_family,
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
ORDER BY month, product_family
