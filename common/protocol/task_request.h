// What a caller asks for: the body of POST /api/stream/task (docs/protocol.md, "Accepting a task").
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

namespace plenum {

// One thing wrong with a request, at a JSON pointer (RFC 6901). The pointer is empty for the whole.
struct ValidationError {
  std::string pointer;
  std::string detail;
};

enum class OnAbandon : std::uint8_t { keep_running, cancel };

// One question and what was answered: what a conversation is made of.
struct Turn {
  std::string question, answer;
  bool operator==(const Turn&) const = default;
};

// What the task goes on from: an earlier stream of this server, or a turn as the caller tells it.
struct Prior {
  std::string stream_id;         // empty: none, or told
  std::string question, answer;  // empty: none, or by id
};

struct TaskSpec {
  std::string task;                 // 1 to 200,000 characters
  std::string context_json = "{}";  // an object; reaches the prompts, `attachments` of {name, text} as texts
  std::string workflow = "consensus";
  std::vector<std::string> members;  // `provider/model` or `provider`; empty: the workflow's own choice
  std::string chairman;              // who synthesizes or judges; empty: the workflow's own choice
  // Who answers in whose place, in order: a member as it was asked for, or `*` for every one, and its chain.
  std::vector<std::pair<std::string, std::vector<std::string>>> fallback;
  // System texts by name: the member `provider/model#name` speaks as that persona.
  std::vector<std::pair<std::string, std::string>> personas;
  Prior prior;
  std::string options_json = "{}";               // an object; the workflow says what it knows
  bool stream = true;                            // false: answer with the result when it is there
  std::string message_id;                        // echoed on every event; at most 200 characters
  std::string conversation_id;                   // likewise; its earlier turns reach the prompts
  std::chrono::milliseconds deadline{0};         // of the whole task; 0: the workflow's own
  std::chrono::milliseconds member_deadline{0};  // of each model call; 0: the step's own
  double max_cost_usd = 0;                       // 0: none
  OnAbandon on_abandon = OnAbandon::keep_running;
  std::chrono::seconds abandon_after{300};
  bool cache = true;
  std::chrono::seconds ttl{0};       // how long an idle finished stream is kept: 60 s to 7 d; 0: the server's own
  std::string metadata_json = "{}";  // an object; kept and returned, never read

  static constexpr std::size_t task_characters_max = 200'000;
};

// 1 to 32 characters of a-z, 0-9, - and _. Any thread.
bool is_persona_name(std::string_view name);

// The task that a request body asks for, or everything that is wrong with it. A body that is not
// JSON at all is one bad_request fault with an empty pointer: see is_json. Any thread.
struct TaskRequest {
  std::optional<TaskSpec> spec;
  std::vector<ValidationError> faults;  // every fault, in the order of the body
  bool is_json = true;
};
TaskRequest parse_task_request(std::string_view body);

// The body that asks for this task; fields that have their default value are left out. Any thread.
std::string task_request_body(const TaskSpec& spec);

}  // namespace plenum
