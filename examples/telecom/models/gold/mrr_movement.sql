/*---
description: >-
  Every change of monthly recurring revenue (MRR), by month, customer and product family; what the marts of MRR, churn
  and cohorts are summed up from. MRR is contracted, not invoiced: the monthly charge without VAT of every billable
  service that is live at the end of the month. It is live from the day of its activation until the day on which it
  ceased, or on which its customer left (dim_customer.churned_on), whichever is first; a service that is activated
  after its customer left is a return. If V3 takes a leaving back, the customer has never left. Suspended services are
  under contract and count; usage and one-off charges do not. Owner, family, price and billability are those of the
  time (dim_service_history); what was before the lake's first night is taken to have been as it was then. Services
  without a date of activation (zero in V3) do not count. The running month is as it will end by what is known today,
  later months are left out. A customer's month is new (never had MRR before), reactivated (had some once, none a
  month ago), churned (had some a month ago, none now), expansion or contraction (more or less than a month ago), or
  switched (as much as before, for other families). Who leaves and comes back within a month has not churned.
grain: one row per month, customer and product family whose MRR is other than a month before
owner: finance-data@telecom.example
tags: [finance, mart, mrr]
materialization: full
columns:
  month: { type: DATE, description: First day of the month, checks: [not_null] }
  customer_id: { type: BIGINT, checks: [not_null] }
  product_family: { type: VARCHAR, checks: [not_null] }
  amount: { type: "DECIMAL(18,4)", description: "Pounds a month that came, or went if negative", checks: [not_null] }
  customer_movement:
    type: VARCHAR
    description: "What the month was to the customer, all families together"
    checks: [not_null, { accepted_values: [new, reactivated, expansion, contraction, churned, switched] }]
  family_movement:
    type: VARCHAR
    description: "What it was to the customer's use of this family"
    checks: [not_null, { accepted_values: [new, reactivated, expansion, contraction, churned] }]
checks:
  - unique: [month, customer_id, product_family]
---*/
WITH version AS (
    SELECT
        h.customer_id,
        coalesce(h.product_family, 'Unknown') AS product_family,
        h.monthly_charge AS charge,
        CASE
            WHEN lag(h.valid_from) OVER (PARTITION BY h.service_id ORDER BY h.valid_from) IS NULL THEN s.activated_on
            ELSE greatest(s.activated_on, CAST(h.valid_from AS DATE))
        END AS live_from,
        least(
            s.ceased_on,
            CASE WHEN s.activated_on < c.churned_on THEN c.churned_on END,
            CAST(h.valid_to AS DATE)
        ) AS live_to,
        h.is_billable
    FROM silver.dim_service_history AS h
    JOIN silver.dim_service AS s ON s.service_id = h.service_id
    LEFT JOIN silver.dim_customer AS c ON c.customer_id = h.customer_id
    WHERE s.activated_on IS NOT NULL
),
live AS (
    SELECT * FROM version WHERE is_billable AND charge <> 0 AND (live_to IS NULL OR live_to > live_from)
),
step AS (
    SELECT customer_id, product_family, CAST(date_trunc('month', live_from) AS DATE) AS month, charge AS amount
    FROM live
    UNION ALL
    SELECT customer_id, product_family, CAST(date_trunc('month', live_to) AS DATE), -charge
    FROM live
    WHERE live_to IS NOT NULL
),
-- The business knows nothing of months after that of its newest invoice.
family_step AS (
    SELECT month, customer_id, product_family, CAST(sum(amount) AS DECIMAL(18,4)) AS amount
    FROM step
    WHERE month <= (SELECT max(invoice_date) FROM silver.fact_invoice)
    GROUP BY month, customer_id, product_family
    HAVING sum(amount) <> 0
),
family_balance AS (
    SELECT
        *,
        sum(amount) OVER (PARTITION BY customer_id, product_family ORDER BY month) AS closing,
        row_number() OVER (PARTITION BY customer_id, product_family ORDER BY month) AS nth
    FROM family_step
),
customer_step AS (
    SELECT month, customer_id, sum(amount) AS amount
    FROM family_step
    GROUP BY month, customer_id
),
customer_balance AS (
    SELECT
        *,
        sum(amount) OVER (PARTITION BY customer_id ORDER BY month) AS closing,
        row_number() OVER (PARTITION BY customer_id ORDER BY month) AS nth
    FROM customer_step
)
SELECT
    f.month,
    f.customer_id,
    f.product_family,
    f.amount,
    CASE
        WHEN c.nth = 1 THEN 'new'
        WHEN c.amount = 0 THEN 'switched'
        WHEN c.closing = c.amount THEN 'reactivated'
        WHEN c.closing = 0 THEN 'churned'
        WHEN c.amount > 0 THEN 'expansion'
        ELSE 'contraction'
    END AS customer_movement,
    CASE
        WHEN f.nth = 1 THEN 'new'
        WHEN f.closing = f.amount THEN 'reactivated'
        WHEN f.closing = 0 THEN 'churned'
        WHEN f.amount > 0 THEN 'expansion'
        ELSE 'contraction'
    END AS family_movement
FROM family_balance AS f
JOIN customer_balance AS c ON c.customer_id = f.customer_id AND c.month = f.month
ORDER BY f.month, f.customer_id, f.product_family
