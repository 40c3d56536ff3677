/*---
description: >-
  What dim_customer says of a customer, and from when until when it said so (Type 2). A version begins when V3 changed
  the row (customer.updated_at), as far as the lake has seen it: the first version of a customer is the one that the
  first night read, and of several changes between two nights only the last is known. Codes have the words of today in
  every version, so that renaming a status makes no versions. A new e-mail address or telephone number makes none
  either. Address and flags are not in it. Deleted customers keep their last version.
grain: one row per customer and version
owner: crm-data@telecom.example
tags: [core, customer]
materialization: scd2
key: customer_id
history:
  observed: observed_at
  compare: [customer_name, customer_type, status, partner_id, payment_method, credit_limit, is_vat_registered, is_vip,
            churned_on]
  deletes: ignore
columns:
  customer_id: { type: BIGINT, description: Number of the customer in V3, checks: [not_null] }
  customer_reference: { type: VARCHAR, description: As printed on invoices, checks: [not_null] }
  customer_name: { type: VARCHAR, checks: [not_null] }
  customer_type: { type: VARCHAR, description: Segment, checks: [not_null] }
  status:
    type: VARCHAR
    checks: [not_null, { accepted_values: [Active, Suspended, Ceased, Prospect, Bad debt] }]
  is_live: { type: BOOLEAN, description: Whether the status counts as a live customer, checks: [not_null] }
  partner_id: { type: BIGINT, description: Reseller; NULL for a direct customer }
  payment_method: { type: VARCHAR, checks: [{ accepted_values: [DD, CARD, BACS, CHQ] }] }
  credit_limit: { type: "DECIMAL(18,4)", description: Pounds }
  is_vat_registered: { type: BOOLEAN, checks: [not_null] }
  is_vip: { type: BOOLEAN, checks: [not_null] }
  churned_on: { type: DATE, description: NULL while the customer stays }
  valid_from: { type: TIMESTAMP, description: When this version began, checks: [not_null] }
  valid_to: { type: TIMESTAMP, description: "When the next one began; NULL while this one holds" }
  is_current: { type: BOOLEAN, checks: [not_null] }
checks:
  - row_count: { min: 1 }
  - unique: [customer_id, valid_from]
---*/
WITH observation AS (
    -- A row that was changed twice in one second may have been read twice with one time: the later reading counts.
    SELECT *, coalesce(CAST(updated_at AS TIMESTAMP), CAST(ingestion_date AS TIMESTAMP)) AS observed_at
    FROM bronze_v3_customer.customer__all
    QUALIFY row_number() OVER (
        PARTITION BY cust_id, observed_at
        ORDER BY ingestion_date DESC, stat, churn_dt, cust_nm, cust_type_id, ptnr_id, pay_meth, credit_lim, vat_reg, is_vip
    ) = 1
)
SELECT
    CAST(c.cust_id AS BIGINT) AS customer_id,
    trim(c.cust_ref) AS customer_reference,
    replace(replace(trim(c.cust_nm), 'Ã©', 'é'), 'Ã«', 'ë') AS customer_name,
    t.type_nm AS customer_type,
    CASE WHEN upper(trim(s.stat_desc)) = 'BAD DEBT' THEN 'Bad debt' ELSE trim(s.stat_desc) END AS status,
    coalesce(upper(s.is_live) = 'Y', FALSE) AS is_live,
    CAST(nullif(c.ptnr_id, 0) AS BIGINT) AS partner_id,
    CAST(c.pay_meth AS VARCHAR) AS payment_method,
    CAST(c.credit_lim AS DECIMAL(18,4)) AS credit_limit,
    coalesce(upper(trim(c.vat_reg)) IN ('Y', 'YES', '1', 'T'), FALSE) AS is_vat_registered,
    coalesce(CAST(c.is_vip AS INTEGER) <> 0, FALSE) AS is_vip,
    CAST(c.churn_dt AS DATE) AS churned_on,
    c.observed_at
FROM observation AS c
LEFT JOIN bronze_v3_customer.customer_type AS t ON t.cust_type_id = c.cust_type_id
LEFT JOIN bronze_v3_customer.customer_status AS s ON s.stat_id = c.stat
