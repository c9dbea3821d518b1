// The model parameters of a provider's table: those of a task (docs/protocol.md) except response_format, with the same
// ranges. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <span>
#include <string_view>

#include "common/protocol/model_parameters.h"
#include "server/config/file_errors.h"

namespace plenum::config {

struct ParameterKey {
  std::string_view name, accepts, sentence;  // of the documentation
  void (*read)(FileErrors& errors, const ParameterKey& row, const toml::node& node, ModelParameters& into);
};
std::span<const ParameterKey> parameter_keys();

}  // namespace plenum::config
