/*---
description: Customers with the words that their codes stand for, and their billing address.
grain: one row per customer
owner: crm-data@telecom.example
tags: [core, customer]
materialization: full
columns:
  customer_id: { type: BIGINT, description: Number of the customer in V3, checks: [not_null, unique] }
  customer_reference: { type: VARCHAR, description: As printed on invoices, checks: [not_null, unique] }
  customer_name:
    type: VARCHAR
    description: Name, without stray spaces and with its accents repaired
    checks: [not_null]
  customer_type:
    type: VARCHAR
    description: Segment
    checks: [not_null, { accepted_values: [Residential, Small business, Corporate, Public sector] }]
  status:
    type: VARCHAR
    checks: [not_null, { accepted_values: [Active, Suspended, Ceased, Prospect, Bad debt] }]
  is_live: { type: BOOLEAN, description: Whether the status counts as a live customer, checks: [not_null] }
  group_name: { type: VARCHAR, description: Parent company }
  partner_id:
    type: BIGINT
    description: Reseller; NULL for a direct customer
    checks: [{ relationships: { to: silver.dim_partner, column: partner_id } }]
  email: { type: VARCHAR, description: In lower case }
  phone: { type: VARCHAR, description: "As +44…" }
  is_vat_registered: { type: BOOLEAN, checks: [not_null] }
  is_vip: { type: BOOLEAN, checks: [not_null] }
  is_paperless: { type: BOOLEAN, checks: [not_null] }
  is_vulnerable: { type: BOOLEAN, checks: [not_null] }
  credit_limit: { type: "DECIMAL(18,4)", description: Pounds }
  payment_method: { type: VARCHAR, checks: [{ accepted_values: [DD, CARD, BACS, CHQ] }] }
  date_of_birth: { type: DATE, description: NULL for businesses and where only the year is known }
  billing_town: { type: VARCHAR }
  billing_postcode: { type: VARCHAR, description: "With one space, in capitals" }
  billing_country: { type: VARCHAR, checks: [{ accepted_values: [GB, IE] }] }
  joined_on: { type: DATE, description: NULL for a few accounts of the first migration }
  churned_on: { type: DATE, description: NULL while the customer stays }
checks:
  - row_count: { min: 1 }
---*/
WITH flag AS (
    SELECT
        cust_id,
        bool_or(flag_cd = 'PAPERLESS' AND upper(flag_val) IN ('Y', 'YES')) AS is_paperless,
        bool_or(flag_cd = 'VULNERABLE' AND upper(flag_val) IN ('Y', 'YES')) AS is_vulnerable
    FROM bronze_v3_customer.customer_flag
    GROUP BY cust_id
),
billing_address AS (
    SELECT link.cust_id, min(link.addr_id) AS addr_id
    FROM bronze_v3_customer.customer_address_link AS link
    WHERE link.addr_use = 'B'
    GROUP BY link.cust_id
),
address AS (
    SELECT
        addr_id,
        upper(left(town, 1)) || lower(substr(town, 2)) AS town,
        upper(left(replace(post_cd, ' ', ''), -3) || ' ' || right(replace(post_cd, ' ', ''), 3)) AS postcode,
        CASE WHEN upper(ctry_cd) = 'UK' THEN 'GB' ELSE upper(ctry_cd) END AS country
    FROM bronze_v3_address.address
)
SELECT
    CAST(c.cust_id AS BIGINT) AS customer_id,
    trim(c.cust_ref) AS customer_reference,
    replace(replace(trim(c.cust_nm), 'Ã©', 'é'), 'Ã«', 'ë') AS customer_name,
    t.type_nm AS customer_type,
    CASE WHEN upper(trim(s.stat_desc)) = 'BAD DEBT' THEN 'Bad debt' ELSE trim(s.stat_desc) END AS status,
    coalesce(upper(s.is_live) = 'Y', FALSE) AS is_live,
    g.grp_nm AS group_name,
    CAST(nullif(c.ptnr_id, 0) AS BIGINT) AS partner_id,
    lower(trim(c.email_addr)) AS email,
    '+44' || right(replace(c.tel_no, ' ', ''), 10) AS phone,
    coalesce(upper(trim(c.vat_reg)) IN ('Y', 'YES', '1', 'T'), FALSE) AS is_vat_registered,
    coalesce(CAST(c.is_vip AS INTEGER) <> 0, FALSE) AS is_vip,
    coalesce(f.is_paperless, FALSE) AS is_paperless,
    coalesce(f.is_vulnerable, FALSE) AS is_vulnerable,
    CAST(c.credit_lim AS DECIMAL(18,4)) AS credit_limit,
    CAST(c.pay_meth AS VARCHAR) AS payment_method,
    CAST(c.dob AS DATE) AS date_of_birth,
    a.town AS billing_town,
    a.postcode AS billing_postcode,
    a.country AS billing_country,
    CAST(c.crt_dt AS DATE) AS joined_on,
    CAST(c.churn_dt AS DATE) AS churned_on
FROM bronze_v3_customer.customer AS c
LEFT JOIN bronze_v3_customer.customer_type AS t ON t.cust_type_id = c.cust_type_id
LEFT JOIN bronze_v3_customer.customer_status AS s ON s.stat_id = c.stat
LEFT JOIN bronze_v3_customer.customer_group AS g ON g.grp_id = c.grp_id
LEFT JOIN flag AS f ON f.cust_id = c.cust_id
LEFT JOIN billing_address AS b ON b.cust_id = c.cust_id
LEFT JOIN address AS a ON a.addr_id = b.addr_id
