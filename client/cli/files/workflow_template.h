// The file that `plenum workflows new` writes. Pure: any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum::client {

// A commented workflow file of this name: every member answers, one of them reviews all answers and writes the final
// one. Fails with usage for text that is no name of a workflow.
Result<std::string> workflow_template(std::string_view name);

}  // namespace plenum::client
