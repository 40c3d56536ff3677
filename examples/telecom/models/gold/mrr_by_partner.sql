/*---
description: >-
  Monthly recurring revenue of each reseller's customers at the end of each month, and how it came from the month
  before; direct customers are one row of each month. A customer belongs to the reseller of today, with all of its
  past, so that changing the reseller is no movement. Each figure adds up to gold.mrr_by_month.
grain: one row per month and partner whose customers have or had MRR
owner: finance-data@telecom.example
tags: [finance, mart, mrr, partner]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  partner_id: { type: BIGINT, description: "0 for direct customers, who have no reseller", checks: [not_null] }
  partner_name: { type: VARCHAR, description: "Direct for direct customers", checks: [not_null] }
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
  - unique: [month, partner_id]
---*/
WITH newest AS (
    SELECT max(invoice_date) AS day FROM silver.fact_invoice
),
moved AS (
    SELECT
        m.month,
        coalesce(c.partner_id, 0) AS partner_id,
        coalesce(p.partner_name, 'Direct') AS partner_name,
        sum(m.amount) FILTER (m.customer_movement = 'new') AS new_mrr,
        sum(m.amount) FILTER (m.customer_movement = 'expansion') AS expansion_mrr,
        -sum(m.amount) FILTER (m.customer_movement = 'contraction') AS contraction_mrr,
        -sum(m.amount) FILTER (m.customer_movement = 'churned') AS churned_mrr,
        sum(m.amount) FILTER (m.customer_movement = 'reactivated') AS reactivated_mrr,
        sum(m.amount) AS change
    FROM gold.mrr_movement AS m
    LEFT JOIN silver.dim_customer AS c ON c.customer_id = m.customer_id
    LEFT JOIN silver.dim_partner AS p ON p.partner_id = c.partner_id
    GROUP BY ALL
),
-- From its first month on, each has a row for every month, so that an opening is the closing before it.
cell AS (
    SELECT
        partner_id, partner_name,
        CAST(unnest(generate_series(min(month), date_trunc('month', any_value(n.day)), INTERVAL 1 MONTH)) AS DATE) AS month
    FROM moved
    CROSS JOIN newest AS n
    GROUP BY partner_id, partner_name
),
balance AS (
    SELECT
        c.*,
        v.* EXCLUDE (month, partner_id, partner_name),
        coalesce(sum(v.change) OVER (PARTITION BY c.partner_id ORDER BY c.month), 0) AS closing
    FROM cell AS c
    LEFT JOIN moved AS v ON v.month = c.month AND v.partner_id = c.partner_id
)
SELECT
    month,
    partner_id,
    partner_name,
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
ORDER BY month, partner_id
