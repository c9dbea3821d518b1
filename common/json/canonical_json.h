// One text for all spellings of a JSON value that differ in the order of fields only, for hashing.
// Source: RFC 8785, 3.2.3, "Sorting of Object Properties". Numbers stay as they were parsed. Pure; any thread.
#pragma once

#include "common/json/json.h"

namespace plenum {

// The value with the fields of every object sorted by name. Recursive: only for values of parse_json(), which bounds
// the depth, and for values that are built here.
Json canonical(const Json& value);

}  // namespace plenum
