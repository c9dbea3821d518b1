// Parameters of a model call that a caller may set: in a task, a workflow file or the configuration of a provider.
// Source: docs/workflows.md, "Parameters".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"

namespace plenum {

// An error in a request, at a JSON pointer (RFC 6901). Empty pointer: the whole request.
struct ValidationError {
  std::string pointer;
  std::string detail;
};

// The form of the answer that the provider enforces, as far as it can.
struct ResponseFormat {
  enum class Kind : std::uint8_t { text, json_object, json_schema };
  Kind kind = Kind::text;
  std::string name;         // json_schema: a short identifier
  std::string schema_json;  // json_schema: the JSON schema, an object
  bool operator==(const ResponseFormat&) const = default;
};

// Absent: not sent, so that the provider's default applies.
struct ModelParameters {
  std::optional<double> temperature;             // 0 to 2
  std::optional<double> top_p;                   // above 0, up to 1
  std::optional<int> max_tokens;                 // of one call, reasoning included
  std::optional<std::int64_t> seed;              // 0 to 2^53 - 1
  std::optional<std::vector<std::string>> stop;  // 1 to 4 texts
  std::optional<std::string> reasoning_effort;   // none, minimal, low, medium, high, xhigh or max
  std::optional<ResponseFormat> response_format;

  bool empty() const { return *this == ModelParameters(); }
  bool operator==(const ModelParameters&) const = default;
};

// The parameters of a task; the most specific value of each parameter applies.
struct TaskParameters {
  ModelParameters common;                                       // of all calls
  std::map<std::string, ModelParameters, std::less<>> members;  // by the name used in the request
  std::map<std::string, ModelParameters, std::less<>> roles;    // by role of the workflow
  std::map<std::string, ModelParameters, std::less<>> steps;    // by id of the step in the workflow file

  bool empty() const { return *this == TaskParameters(); }
  bool operator==(const TaskParameters&) const = default;
};

// The values of `specific`, and those of `general` for parameters that it does not set. Any thread.
ModelParameters overlay(ModelParameters general, const ModelParameters& specific);

// Whether the text is one of the values of reasoning_effort; their list for error messages. Any thread.
bool is_reasoning_effort(std::string_view text);
std::string reasoning_efforts();

// The parameters of a JSON object; adds its errors, with pointers below the object. Any thread.
ModelParameters model_parameters_from(const Json& object, std::vector<ValidationError>& faults);

// As in a task request, without parameters that are not set. Any thread.
Json to_json(const ModelParameters& parameters);
// For receipts, as JSON text of at most about 1 KiB: a response format by its kind, long `stop` texts by their number.
std::string receipt_parameters(const ModelParameters& parameters);
Json to_json(const TaskParameters& parameters);

}  // namespace plenum
