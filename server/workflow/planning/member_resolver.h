// Resolves `provider/model#persona`, `provider`, `model`, and these with `*3` or `~2`, to members. Waits for the lists
// of models at startup, if a default model depends on them. Not thread-safe: one per request.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/core/provider.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::workflow {

// A name and its system text.
using Personas = std::map<std::string, std::string, std::less<>>;

class MemberResolver {
 public:
  // All references must outlive it. A persona of the task overrides a configured one of the same name.
  MemberResolver(const core::ProviderDirectory& providers, const Personas& configured, const TaskSpec& spec);

  // The members that the name stands for; otherwise an error message.
  tl::expected<std::vector<AssignedMember>, std::string> find_all(std::string_view name) const;
  // Likewise; several are an error.
  tl::expected<AssignedMember, std::string> find(std::string_view name) const;
  // Returns the substitute; it inherits the original's persona unless it has its own.
  static AssignedMember with_persona_of(AssignedMember substitute, const AssignedMember& original);

  std::string known_providers() const;

 private:
  tl::expected<AssignedMember, std::string> find_one(std::string_view name) const;
  // Provider and model, and what follows from them; no persona.
  tl::expected<AssignedMember, std::string> find_model(std::string_view named, std::string_view name) const;
  AssignedMember member_of(const core::ProviderInfo& provider, std::string model) const;
  std::string unknown_name(std::string_view named, std::string_view name) const;
  const std::string* persona(std::string_view name) const;
  std::vector<std::string> persona_names() const;
  std::string known_personas() const;

  const core::ProviderDirectory& providers_;
  const Personas& configured_;
  const TaskSpec& spec_;
};

}  // namespace plenum::workflow
