// Which provider variables the running local server has. A server that was started before a key was exported does not
// see it, and would answer with the offline provider. Names only: no function reads a value.
// Any thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "client/autostart/launch_plan.h"

namespace plenum::client {

using VariableNames = std::vector<std::string>;  // sorted

// The variables that configure a provider without a file: those that end with _API_KEY and are not empty, and
// OLLAMA_HOST. environment: as environ.
VariableNames provider_variables(const char* const* environment);

// Likewise of a server that is started with this plan.
VariableNames provider_variables_of(const LaunchPlan& plan, const char* const* environment);

// Stores the names for missing_variables(). Errors are ignored: the names serve a hint only.
void store_variables(const LaunchPlan& plan, const VariableNames& names);

struct MissingVariables {
  pid_t server = 0;
  VariableNames names;
};
// Those of `names` without which the last started server runs; nothing if it has all, or does not run any more.
std::optional<MissingVariables> missing_variables(const LaunchPlan& plan, const VariableNames& names);

}  // namespace plenum::client
