// A value or an Error: the return type of functions that can fail. Exceptions of libraries are caught at the call.
#pragma once

#include <tl/expected.hpp>

#include "common/base/error.h"

namespace plenum {

template <class T = void>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

}  // namespace plenum
