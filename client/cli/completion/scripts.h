// The completion scripts of the shells. They call `plenum __complete`, which prints one candidate per line, with a tab
// before its description, or `:files` or `:dirs`.
#pragma once

#include <string_view>

namespace plenum::client {

// shell: bash, zsh or fish; empty for any other text.
std::string_view completion_script(std::string_view shell);

}  // namespace plenum::client
