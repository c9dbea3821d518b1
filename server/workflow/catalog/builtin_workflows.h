// The built-in workflow files, compiled into the program (embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace plenum::workflow {

struct BuiltinWorkflow {
  std::string_view name;  // file name without extension
  std::string_view text;
};

std::span<const BuiltinWorkflow> builtin_workflows();

}  // namespace plenum::workflow
