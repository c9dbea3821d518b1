// Who a task means by `provider/model#persona`. Pure; not thread-safe: one for each request.
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
  // All references must outlive it. A persona of the task stands before one of the same name in the
  // configuration.
  MemberResolver(const core::ProviderDirectory& providers, const Personas& configured, const TaskSpec& spec);

  // The member, with the provider's default model when none is named; otherwise what is wrong.
  tl::expected<AssignedMember, std::string> find(std::string_view asked) const;
  // The same member in the part of `of`: a substitute without a persona of its own takes that one's over.
  static AssignedMember in_the_part_of(AssignedMember substitute, const AssignedMember& of);

  std::string known_providers() const;

 private:
  const std::string* persona(std::string_view name) const;
  std::string known_personas() const;

  const core::ProviderDirectory& providers_;
  const Personas& configured_;
  const TaskSpec& spec_;
};

}  // namespace plenum::workflow
