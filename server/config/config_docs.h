// docs/configuration.md, generated from the table of settings; tests/unit/config compares the two.
#pragma once

#include <string>

namespace plenum::config {

// The complete page. Any thread.
std::string settings_markdown();

}  // namespace plenum::config
