/*---
description: >-
  The end-to-end join: what was invoiced, for which service, to which customer, in words. Words are those of today,
  not of the invoice's day; for those of then, join dim_customer_history and dim_service_history. The customer is the
  one who was invoiced; is_owner tells whether the service is theirs today (services change hands). Services that were
  never invoiced are not here: find them as the services of dim_service without a row here.
grain: one row per invoice and service
owner: finance-data@telecom.example
tags: [core, finance]
materialization: full
columns:
  invoice_id: { type: BIGINT, checks: [not_null] }
  service_id: { type: BIGINT, checks: [not_null] }
  customer_id: { type: BIGINT, description: Who was invoiced, checks: [not_null] }
  invoice_number: { type: VARCHAR, description: As printed, checks: [not_null] }
  invoice_date: { type: DATE, checks: [not_null] }
  invoice_type: { type: VARCHAR, checks: [not_null, { accepted_values: [invoice, credit note] }] }
  invoice_status: { type: VARCHAR, checks: [not_null] }
  is_revenue: { type: BOOLEAN, description: As fact_invoice defines it, checks: [not_null] }
  customer_reference: { type: VARCHAR, checks: [not_null] }
  customer_name: { type: VARCHAR, checks: [not_null] }
  customer_type: { type: VARCHAR, description: Segment, checks: [not_null] }
  partner_id: { type: BIGINT, description: Reseller; NULL for a direct customer }
  partner_name: { type: VARCHAR, description: "Direct if there is no reseller", checks: [not_null] }
  service_type: { type: VARCHAR, description: "Unknown if the service is not in V3 any more", checks: [not_null] }
  product_name: { type: VARCHAR }
  product_family: { type: VARCHAR, description: "Unknown if the service has no product", checks: [not_null] }
  is_owner: { type: BOOLEAN, description: Whether the service belongs to the invoiced customer, checks: [not_null] }
  net_amount: { type: "DECIMAL(18,4)", description: "Pounds without VAT; negative on credit notes", checks: [not_null] }
checks:
  # That there is one row per invoice and service follows from the unique keys of the five inputs, which are checked there.
  - row_count: { min: 1 }
---*/
SELECT
    x.invoice_id,
    x.service_id,
    x.customer_id,
    i.invoice_number,
    i.invoice_date,
    i.invoice_type,
    i.status AS invoice_status,
    i.is_revenue,
    c.customer_reference,
    c.customer_name,
    coalesce(c.customer_type, 'Unknown') AS customer_type,
    c.partner_id,
    coalesce(p.partner_name, 'Direct') AS partner_name,
    coalesce(s.service_type, 'Unknown') AS service_type,
    s.product_name,
    coalesce(s.product_family, 'Unknown') AS product_family,
    coalesce(s.customer_id = x.customer_id, FALSE) AS is_owner,
    x.net_amount
FROM silver.fact_invoice_service AS x
JOIN silver.fact_invoice AS i ON i.invoice_id = x.invoice_id
LEFT JOIN silver.dim_service AS s ON s.service_id = x.service_id
LEFT JOIN silver.dim_customer AS c ON c.customer_id = x.customer_id
LEFT JOIN silver.dim_partner AS p ON p.partner_id = c.partner_id
