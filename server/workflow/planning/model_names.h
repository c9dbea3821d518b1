// Resolves what a member's name means: a provider, by its own or a familiar name, or a model without a provider.
// Pure, apart from the lists of models; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/core/provider.h"

namespace plenum::workflow {

// `name`, `name*3` or `name~2`. `copies` members with the ids `name`, `name~2`, …, or the one with this number.
struct MemberCopies {
  std::string_view name;  // without the suffix
  int first = 1, last = 1;

  static constexpr int copies_max = 64;
};
// An invalid suffix, such as `*0`, is part of the name.
MemberCopies copies_of(std::string_view name);
// The id of a member from that of its first copy.
std::string copy_id(std::string id, int number);

struct NamedModel {
  const core::ProviderInfo* provider = nullptr;
  std::string model;
  std::string member() const { return provider->name + "/" + model; }
};

// The provider of this name, else the one with this familiar name (`claude`, `grok`, `google`, `chatgpt`); null: none.
const core::ProviderInfo* provider_named(const core::ProviderDirectory& providers, std::string_view name);

// Where the model is available: the providers that are known to have it, else the vendor whose models start like this
// (`gpt-`, `claude`, …). Providers with a key only, if there are any. More than one: the name is ambiguous.
std::vector<NamedModel> find_model(const core::ProviderDirectory& providers, std::string_view name);

// At most three names of providers, members and models that differ from `name` in a few letters, nearest first.
std::vector<std::string> nearest_names(const core::ProviderDirectory& providers, std::string_view name);

}  // namespace plenum::workflow
