// A directory of one provider `p` with a key and the default model `m`, for tests of tasks. Single-threaded.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "server/core/provider.h"

namespace plenum::tests {

struct OneProvider final : core::ProviderDirectory {
  OneProvider() {
    core::ProviderInfo info;
    info.name = "p";
    info.kind = core::ProviderKind::openai;
    info.key_present = true;
    info.default_models = {"m"};
    infos.push_back(std::move(info));
  }
  const std::vector<core::ProviderInfo>& all() const override { return infos; }
  const core::ProviderInfo* find(std::string_view name) const override { return name == "p" ? &infos[0] : nullptr; }
  std::vector<core::ProviderInfo> infos;
};

}  // namespace plenum::tests
