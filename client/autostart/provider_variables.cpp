#include "client/autostart/provider_variables.h"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

namespace plenum::client {

VariableNames provider_variables(const char* const* environment) {
  VariableNames names;
  for (const char* const* entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (equals == line.npos || equals + 1 == line.size()) continue;
    const std::string_view name = line.substr(0, equals);
    if (name.ends_with("_API_KEY") || name == "OLLAMA_HOST") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

VariableNames provider_variables_of(const LaunchPlan& plan, const char* const* environment) {
  std::vector<const char*> entries;
  for (const std::string& entry : plan.environment) entries.push_back(entry.c_str());
  entries.push_back(nullptr);
  const VariableNames inherited = provider_variables(environment), added = provider_variables(entries.data());
  VariableNames names;
  std::set_union(inherited.begin(), inherited.end(), added.begin(), added.end(), std::back_inserter(names));
  return names;
}

void store_variables(const LaunchPlan& plan, const VariableNames& names) {
  std::ofstream file(plan.variables_file, std::ios::trunc);
  for (const std::string& name : names) file << name << '\n';
}

std::optional<MissingVariables> missing_variables(const LaunchPlan& plan, const VariableNames& names) {
  MissingVariables missing;
  std::ifstream(plan.pid_file) >> missing.server;
  std::ifstream file(plan.variables_file);
  if (missing.server <= 0 || !file.is_open() || ::kill(missing.server, 0) != 0) return std::nullopt;
  const VariableNames known{std::istream_iterator<std::string>(file), {}};
  std::set_difference(names.begin(), names.end(), known.begin(), known.end(), std::back_inserter(missing.names));
  return missing.names.empty() ? std::nullopt : std::optional(missing);
}

}  // namespace plenum::client
