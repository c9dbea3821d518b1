// Pages generated from the table of settings: docs/configuration.md, which tests/unit/config compares with it, and the
// manual page plenumd(8). Any thread.
#pragma once

#include <string>

namespace plenum::config {

// The complete pages.
std::string settings_markdown();
std::string settings_manual();

}  // namespace plenum::config
