// The memory of a task's texts. Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/protocol/task_request.h"

namespace plenum {

inline std::size_t bytes_of(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts) bytes += sizeof text + text.size();
  return bytes;
}

inline std::size_t bytes_of(const ModelParameters& parameters) {
  return sizeof parameters + (parameters.stop ? bytes_of(*parameters.stop) : 0) +
         (parameters.response_format ? parameters.response_format->schema_json.size() : 0);
}

inline std::size_t bytes_of(const TaskParameters& parameters) {
  std::size_t bytes = bytes_of(parameters.common);
  for (const auto* by_name : {&parameters.members, &parameters.roles, &parameters.steps}) {
    for (const auto& [name, of_name] : *by_name) bytes += name.size() + bytes_of(of_name);
  }
  return bytes;
}

// All texts that a client can make large; the fixed part of a task is not counted.
inline std::size_t bytes_of(const TaskSpec& spec) {
  std::size_t bytes = spec.task.size() + spec.context_json.size() + spec.metadata_json.size() +
                      spec.options_json.size() + spec.prior.question.size() + spec.prior.answer.size() +
                      bytes_of(spec.members) + bytes_of(spec.parameters);
  for (const auto& [name, prompt] : spec.personas) bytes += name.size() + prompt.size();
  for (const auto& [name, chain] : spec.fallback) bytes += name.size() + bytes_of(chain);
  return bytes;
}

}  // namespace plenum
