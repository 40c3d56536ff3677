// MariaDB Connector/C (Debian: libmariadb-dev).
#pragma once
#include <mariadb/mysql.h>
#include <mariadb/errmsg.h>
#include <mariadb/mysqld_error.h>
