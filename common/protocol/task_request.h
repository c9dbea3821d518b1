// The body of POST /api/stream/task. Source: docs/protocol.md, "Accepting a task".
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/json.h"
#include "common/protocol/model_parameters.h"

namespace plenum {

enum class OnAbandon : std::uint8_t { keep_running, cancel };
// Which answers of the cache a task accepts: none, that of an identical task, or also that of a similar one.
enum class CacheUse : std::uint8_t { none, exact, similar };

// A question and its answer: one entry of a conversation.
struct Turn {
  std::string question, answer;
  bool operator==(const Turn&) const = default;
};

// The preceding turn of a task: an earlier stream of this server, or question and answer in the request.
struct Prior {
  std::string stream_id;         // empty: none, or by text
  std::string question, answer;  // empty: none, or by id
};

struct TaskSpec {
  std::string task;  // 1 to 200,000 characters
  // An object, included in the prompts; its `attachments` are {name, text}, or {name, media_type, data} with base64.
  std::string context_json = "{}";
  std::string workflow;              // empty: the default of the server; `auto`: chosen by the number of members
  std::string council;               // name of a council; its settings apply where the task has none; may be empty
  std::vector<std::string> members;  // `provider/model` or `provider`; empty: chosen by the workflow
  std::string chairman;              // synthesizes or judges; empty: chosen by the workflow
  // Fallback chains: a member as in the request, or `*` for all, and its substitutes in order.
  std::vector<std::pair<std::string, std::vector<std::string>>> fallback;
  // System prompts by name: the member `provider/model#name` has that persona.
  std::vector<std::pair<std::string, std::string>> personas;
  Prior prior;
  std::string options_json = "{}";               // an object of workflow options
  TaskParameters parameters;                     // of the model calls
  bool stream = true;                            // false: the response is the result
  std::string message_id;                        // repeated on every event; at most 200 characters
  std::string conversation_id;                   // likewise; its earlier turns are included in the prompts
  std::chrono::milliseconds deadline{0};         // of the whole task; 0: that of the workflow
  std::chrono::milliseconds member_deadline{0};  // of each model call; 0: that of the step
  double max_cost_usd = 0;                       // 0: none
  OnAbandon on_abandon = OnAbandon::keep_running;
  std::chrono::seconds abandon_after{300};
  CacheUse cache = CacheUse::similar;
  std::chrono::seconds ttl{0};       // retention of the idle finished stream, 60 s to 7 d; 0: that of the server
  std::string metadata_json = "{}";  // an object; stored and returned, not interpreted

  static constexpr std::size_t task_characters_max = 200'000;
};

// 1 to 32 characters of a-z, 0-9, - and _. Any thread.
bool is_persona_name(std::string_view name);

// The task of a request body, or all its errors.
struct TaskRequest {
  std::optional<TaskSpec> spec;
  std::vector<ValidationError> faults;  // in the order of the body
  bool is_json = true;                  // false: one error with an empty pointer
};
// Any thread.
TaskRequest parse_task_request(std::string_view body);

// The inverse: the request body of a task, without fields that have their default value. Any thread.
std::string task_request_body(const TaskSpec& spec);

}  // namespace plenum
