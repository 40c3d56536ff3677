/*---
description: >-
  Invoice headers with their status and amounts (invoice + invoice_status + invoice_data). Revenue, here and in every
  mart, is what stands on invoices and credit notes that are neither drafts nor void, in the month of the invoice's
  date, whether it was paid or not. Credit notes are negative and count in the month in which they were raised. What
  v3_credit holds are the reasons for them, not more money.
grain: one row per invoice header
owner: finance-data@telecom.example
tags: [core, finance]
materialization: full
columns:
  invoice_id: { type: BIGINT, description: Number of the invoice in V3, checks: [not_null, unique] }
  invoice_number: { type: VARCHAR, description: As printed, checks: [not_null, unique] }
  customer_id:
    type: BIGINT
    checks:
      - not_null
      - relationships: { to: silver.dim_customer, column: customer_id }
  invoice_type: { type: VARCHAR, checks: [not_null, { accepted_values: [invoice, credit note] }] }
  status:
    type: VARCHAR
    checks: [not_null, { accepted_values: [Draft, Issued, Paid, Overdue, Credited, Void] }]
  is_open: { type: BOOLEAN, description: Whether money is still expected, checks: [not_null] }
  is_revenue: { type: BOOLEAN, description: "Whether it counts as revenue: neither Draft nor Void", checks: [not_null] }
  is_final: { type: BOOLEAN, description: Whether it closes the account, checks: [not_null] }
  invoice_date: { type: DATE, checks: [not_null] }
  due_date: { type: DATE, description: "NULL where V3 holds a zero date" }
  period_start: { type: DATE, description: First day of the billed period }
  net_amount: { type: "DECIMAL(18,4)", description: "Pounds; negative on credit notes", checks: [not_null] }
  vat_amount: { type: "DECIMAL(18,4)", description: Pounds, checks: [not_null] }
  gross_amount: { type: "DECIMAL(18,4)", description: Pounds, checks: [not_null] }
  currency: { type: VARCHAR, checks: [not_null, { accepted_values: [GBP] }] }
  purchase_order: { type: VARCHAR }
  has_pdf: { type: BOOLEAN, checks: [not_null] }
  updated_at: { type: TIMESTAMP, description: Last change of header or amounts, checks: [not_null] }
checks:
  - row_count: { min: 1 }
---*/
WITH amounts AS (
    SELECT
        inv_id,
        CAST(net_amt AS DECIMAL(18,4)) AS net_amount,
        CAST(replace(trim(vat_amt), '£', '') AS DECIMAL(18,4)) AS vat_amount,
        coalesce(upper(ccy), 'GBP') AS currency,
        nullif(trim(po_no), '') AS purchase_order,
        coalesce(upper(trim(pdf_yn)) IN ('Y', 'YES', '1', 'T'), FALSE) AS has_pdf,
        CAST(period_from AS DATE) AS period_start,
        upd_ts
    FROM bronze_v3_invoice.invoice_data
)
SELECT
    CAST(i.inv_id AS BIGINT) AS invoice_id,
    i.inv_no AS invoice_number,
    CAST(i.cust_id AS BIGINT) AS customer_id,
    CASE upper(i.inv_typ) WHEN 'C' THEN 'credit note' ELSE 'invoice' END AS invoice_type,
    upper(left(trim(s.stat_nm), 1)) || lower(substr(trim(s.stat_nm), 2)) AS status,
    coalesce(upper(s.is_open) = 'Y', FALSE) AS is_open,
    upper(trim(s.stat_nm)) NOT IN ('DRAFT', 'VOID') AS is_revenue,
    coalesce(CAST(i.is_final AS INTEGER) <> 0, FALSE) AS is_final,
    CAST(i.inv_dt AS DATE) AS invoice_date,
    CAST(i.due_dt AS DATE) AS due_date,
    a.period_start,
    a.net_amount,
    a.vat_amount,
    CAST(a.net_amount + a.vat_amount AS DECIMAL(18,4)) AS gross_amount,
    a.currency,
    a.purchase_order,
    a.has_pdf,
    greatest(i.updated_at, a.upd_ts) AS updated_at
FROM bronze_v3_invoice.invoice AS i
LEFT JOIN bronze_v3_invoice.invoice_status AS s ON s.inv_stat_id = i.inv_stat_id
LEFT JOIN amounts AS a ON a.inv_id = i.inv_id
