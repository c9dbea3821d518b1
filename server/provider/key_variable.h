// Reads the key of a provider from its variable. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/provider/known_providers.h"
#include "server/redaction/secret.h"

namespace plenum::provider {

// Empty if the variable is not set. A key must be usable in a header: visible ASCII; else config_invalid. Surrounding
// blanks, which come from files, are dropped, and so are quotes, which `docker --env-file` does not remove; quotes are
// reported in `notes`. Neither errors nor notes repeat the value.
Result<redaction::Secret> read_key(const std::string& variable, const Environment& environment,
                                   std::vector<std::string>& notes);

}  // namespace plenum::provider
