/*---
description: >-
  Customers and recurring revenue that were lost, and that came back. A customer is a logo with MRR at the end of a
  month; it churns in the first month that ends without any, whatever its status says, and is reactivated if a later
  month ends with some again. gold.mrr_movement says what MRR is. Rates are of what was there at the start of the
  month. Reactivated customers are neither new nor taken from the churn of an earlier month. Services:
  gold.service_churn_by_month.
grain: one row per month
owner: crm-data@telecom.example
tags: [customer, mart, churn]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null, unique] }
  is_complete: { type: BOOLEAN, description: "Whether the month is over", checks: [not_null] }
  customers_at_start: { type: BIGINT, description: Customers with MRR at the end of the month before, checks: [not_null] }
  customers_new: { type: BIGINT, description: Who never had any before, checks: [not_null] }
  customers_reactivated: { type: BIGINT, description: "Who had some once, but none a month ago", checks: [not_null] }
  customers_churned: { type: BIGINT, description: "Who had some a month ago, and none now", checks: [not_null] }
  customers_at_end: { type: BIGINT, description: start + new + reactivated - churned, checks: [not_null] }
  logo_churn_rate: { type: "DECIMAL(18,6)", description: customers_churned / customers_at_start; NULL if there were none }
  mrr_at_start: { type: "DECIMAL(18,4)", description: Pounds a month, checks: [not_null] }
  mrr_churned: { type: "DECIMAL(18,4)", description: Of customers who left, checks: [not_null] }
  mrr_contracted: { type: "DECIMAL(18,4)", description: Of customers who stayed with less, checks: [not_null] }
  mrr_expanded: { type: "DECIMAL(18,4)", description: Of customers who stayed with more, checks: [not_null] }
  mrr_reactivated: { type: "DECIMAL(18,4)", description: Of customers who came back, checks: [not_null] }
  revenue_churn_rate:
    type: "DECIMAL(18,6)"
    description: "Gross: (mrr_churned + mrr_contracted) / mrr_at_start; NULL if there was none"
  net_revenue_retention:
    type: "DECIMAL(18,6)"
    description: "(mrr_at_start + mrr_expanded - mrr_contracted - mrr_churned) / mrr_at_start, without who came back"
checks:
  - row_count: { min: 1 }
---*/
WITH moved AS (
    SELECT
        month,
        count(DISTINCT customer_id) FILTER (customer_movement = 'new') AS joined,
        count(DISTINCT customer_id) FILTER (customer_movement = 'reactivated') AS returned,
        count(DISTINCT customer_id) FILTER (customer_movement = 'churned') AS lost
    FROM gold.mrr_movement
    GROUP BY month
),
balance AS (
    SELECT
        r.*,
        coalesce(v.joined, 0) AS joined,
        coalesce(v.returned, 0) AS returned,
        coalesce(v.lost, 0) AS lost,
        coalesce(sum(v.joined + v.returned - v.lost) OVER (ORDER BY r.month), 0) AS at_end
    FROM gold.mrr_by_month AS r
    LEFT JOIN moved AS v ON v.month = r.month
)
SELECT
    month,
    is_complete,
    CAST(at_end - joined - returned + lost AS BIGINT) AS customers_at_start,
    joined AS customers_new,
    returned AS customers_reactivated,
    lost AS customers_churned,
    CAST(at_end AS BIGINT) AS customers_at_end,
    CAST(lost / nullif(at_end - joined - returned + lost, 0) AS DECIMAL(18,6)) AS logo_churn_rate,
    opening_mrr AS mrr_at_start,
    churned_mrr AS mrr_churned,
    contraction_mrr AS mrr_contracted,
    expansion_mrr AS mrr_expanded,
    reactivated_mrr AS mrr_reactivated,
    CAST((churned_mrr + contraction_mrr) / nullif(opening_mrr, 0) AS DECIMAL(18,6)) AS revenue_churn_rate,
    CAST((opening_mrr + expansion_mrr - contraction_mrr - churned_mrr) / nullif(opening_mrr, 0) AS DECIMAL(18,6))
        AS net_revenue_retention
FROM balance
ORDER BY month
