// libduckdb's C API, as scripts/setup placed it.
#pragma once
#include "../../.deps/duckdb/include/duckdb.h"
