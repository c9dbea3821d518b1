// The only file that is compiled with the version, so that a new version recompiles nothing else.
#include "common/base/version.h"

namespace plenum {

std::string_view program_version() { return PLENUM_VERSION; }

}  // namespace plenum
