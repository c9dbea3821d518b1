// The version of both programs, from CMakeLists.txt.
#pragma once

#include <string_view>

namespace plenum {

// Such as "0.2.0". Any thread.
std::string_view program_version();

}  // namespace plenum
