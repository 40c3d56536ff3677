// Made by scripts/list-templates.
#include "CTemplates.h"
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file_0[] = {
#embed "../../examples/telecom/README.md"
};
static const unsigned char file_1[] = {
#embed "../../examples/telecom/lake.yaml"
};
static const unsigned char file_2[] = {
#embed "../../examples/telecom/models/gold/arpu_by_month.sql"
};
static const unsigned char file_3[] = {
#embed "../../examples/telecom/models/gold/churn_by_month.sql"
};
static const unsigned char file_4[] = {
#embed "../../examples/telecom/models/gold/revenue_by_month.sql"
};
static const unsigned char file_5[] = {
#embed "../../examples/telecom/models/gold/revenue_by_product_family.sql"
};
static const unsigned char file_6[] = {
#embed "../../examples/telecom/models/silver/dim_charge_type.sql"
};
static const unsigned char file_7[] = {
#embed "../../examples/telecom/models/silver/dim_customer.sql"
};
static const unsigned char file_8[] = {
#embed "../../examples/telecom/models/silver/dim_module_type.sql"
};
static const unsigned char file_9[] = {
#embed "../../examples/telecom/models/silver/dim_partner.sql"
};
static const unsigned char file_10[] = {
#embed "../../examples/telecom/models/silver/dim_service.sql"
};
static const unsigned char file_11[] = {
#embed "../../examples/telecom/models/silver/dim_usage_type.sql"
};
static const unsigned char file_12[] = {
#embed "../../examples/telecom/models/silver/dim_usage_type_group.sql"
};
static const unsigned char file_13[] = {
#embed "../../examples/telecom/models/silver/dim_usage_unit.sql"
};
static const unsigned char file_14[] = {
#embed "../../examples/telecom/models/silver/fact_invoice.sql"
};
static const unsigned char file_15[] = {
#embed "../../examples/telecom/models/silver/fact_invoice_item.sql"
};
static const unsigned char file_16[] = {
#embed "../../examples/telecom/models/silver/fact_invoice_service.sql"
};
static const unsigned char file_17[] = {
#embed "../../examples/telecom/sources/apn.yaml"
};
static const unsigned char file_18[] = {
#embed "../../examples/telecom/sources/bare.yaml"
};
static const unsigned char file_19[] = {
#embed "../../examples/telecom/sources/billing_cdrs.yaml"
};
static const unsigned char file_20[] = {
#embed "../../examples/telecom/sources/cdr_bare.yaml"
};
static const unsigned char file_21[] = {
#embed "../../examples/telecom/sources/v3_address.yaml"
};
static const unsigned char file_22[] = {
#embed "../../examples/telecom/sources/v3_audit.yaml"
};
static const unsigned char file_23[] = {
#embed "../../examples/telecom/sources/v3_contact.yaml"
};
static const unsigned char file_24[] = {
#embed "../../examples/telecom/sources/v3_contract.yaml"
};
static const unsigned char file_25[] = {
#embed "../../examples/telecom/sources/v3_credit.yaml"
};
static const unsigned char file_26[] = {
#embed "../../examples/telecom/sources/v3_customer.yaml"
};
static const unsigned char file_27[] = {
#embed "../../examples/telecom/sources/v3_invoice.yaml"
};
static const unsigned char file_28[] = {
#embed "../../examples/telecom/sources/v3_network.yaml"
};
static const unsigned char file_29[] = {
#embed "../../examples/telecom/sources/v3_numbering.yaml"
};
static const unsigned char file_30[] = {
#embed "../../examples/telecom/sources/v3_order.yaml"
};
static const unsigned char file_31[] = {
#embed "../../examples/telecom/sources/v3_partner.yaml"
};
static const unsigned char file_32[] = {
#embed "../../examples/telecom/sources/v3_payment.yaml"
};
static const unsigned char file_33[] = {
#embed "../../examples/telecom/sources/v3_porting.yaml"
};
static const unsigned char file_34[] = {
#embed "../../examples/telecom/sources/v3_product.yaml"
};
static const unsigned char file_35[] = {
#embed "../../examples/telecom/sources/v3_provisioning.yaml"
};
static const unsigned char file_36[] = {
#embed "../../examples/telecom/sources/v3_sales.yaml"
};
static const unsigned char file_37[] = {
#embed "../../examples/telecom/sources/v3_service.yaml"
};
static const unsigned char file_38[] = {
#embed "../../examples/telecom/sources/v3_tariff.yaml"
};
static const unsigned char file_39[] = {
#embed "../../examples/telecom/sources/v3_ticketing.yaml"
};
static const unsigned char file_40[] = {
#embed "../../examples/telecom/sources/v3_usage.yaml"
};
static const unsigned char file_41[] = {
#embed "../../examples/telecom/sources/v3_user.yaml"
};

static const struct tarn_template_file files[] = {
    {"README.md", file_0, sizeof file_0},
    {"lake.yaml", file_1, sizeof file_1},
    {"models/gold/arpu_by_month.sql", file_2, sizeof file_2},
    {"models/gold/churn_by_month.sql", file_3, sizeof file_3},
    {"models/gold/revenue_by_month.sql", file_4, sizeof file_4},
    {"models/gold/revenue_by_product_family.sql", file_5, sizeof file_5},
    {"models/silver/dim_charge_type.sql", file_6, sizeof file_6},
    {"models/silver/dim_customer.sql", file_7, sizeof file_7},
    {"models/silver/dim_module_type.sql", file_8, sizeof file_8},
    {"models/silver/dim_partner.sql", file_9, sizeof file_9},
    {"models/silver/dim_service.sql", file_10, sizeof file_10},
    {"models/silver/dim_usage_type.sql", file_11, sizeof file_11},
    {"models/silver/dim_usage_type_group.sql", file_12, sizeof file_12},
    {"models/silver/dim_usage_unit.sql", file_13, sizeof file_13},
    {"models/silver/fact_invoice.sql", file_14, sizeof file_14},
    {"models/silver/fact_invoice_item.sql", file_15, sizeof file_15},
    {"models/silver/fact_invoice_service.sql", file_16, sizeof file_16},
    {"sources/apn.yaml", file_17, sizeof file_17},
    {"sources/bare.yaml", file_18, sizeof file_18},
    {"sources/billing_cdrs.yaml", file_19, sizeof file_19},
    {"sources/cdr_bare.yaml", file_20, sizeof file_20},
    {"sources/v3_address.yaml", file_21, sizeof file_21},
    {"sources/v3_audit.yaml", file_22, sizeof file_22},
    {"sources/v3_contact.yaml", file_23, sizeof file_23},
    {"sources/v3_contract.yaml", file_24, sizeof file_24},
    {"sources/v3_credit.yaml", file_25, sizeof file_25},
    {"sources/v3_customer.yaml", file_26, sizeof file_26},
    {"sources/v3_invoice.yaml", file_27, sizeof file_27},
    {"sources/v3_network.yaml", file_28, sizeof file_28},
    {"sources/v3_numbering.yaml", file_29, sizeof file_29},
    {"sources/v3_order.yaml", file_30, sizeof file_30},
    {"sources/v3_partner.yaml", file_31, sizeof file_31},
    {"sources/v3_payment.yaml", file_32, sizeof file_32},
    {"sources/v3_porting.yaml", file_33, sizeof file_33},
    {"sources/v3_product.yaml", file_34, sizeof file_34},
    {"sources/v3_provisioning.yaml", file_35, sizeof file_35},
    {"sources/v3_sales.yaml", file_36, sizeof file_36},
    {"sources/v3_service.yaml", file_37, sizeof file_37},
    {"sources/v3_tariff.yaml", file_38, sizeof file_38},
    {"sources/v3_ticketing.yaml", file_39, sizeof file_39},
    {"sources/v3_usage.yaml", file_40, sizeof file_40},
    {"sources/v3_user.yaml", file_41, sizeof file_41},
    {NULL, NULL, 0},
};

const struct tarn_template_file *tarn_telecom_files(void) { return files; }
