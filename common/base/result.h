// A value or an Error. Functions that can fail for a reason the caller should hear return this;
// throwing stays inside the library that throws.
#pragma once

#include <tl/expected.hpp>

#include "common/base/error.h"

namespace plenum {

template <class T = void>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

}  // namespace plenum
