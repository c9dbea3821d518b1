// A named council: settings of a task that apply unless the task has its own. Source: docs/workflows.md, "Councils".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"
#include "common/protocol/task_request.h"

namespace plenum {

struct Council {
  std::string name;
  std::string description;  // may be empty
  // Replaces `chairman` in workflows whose chairman judges a single text; empty: the chairman does.
  std::string judge;
  // workflow, members, chairman, fallback, personas and parameters; all other fields have their default value.
  TaskSpec settings;
};

// Used by tasks that name neither a council nor members.
inline constexpr std::string_view default_council = "default";

// 1 to 64 characters of a-z, 0-9, - and _. Any thread.
bool is_council_name(std::string_view name);

// The council of a JSON object whose fields are those of a task request, besides `description` and `judge`; adds its
// errors, with pointers below the object. Any thread.
Council council_from(std::string name, const Json& object, std::vector<ValidationError>& faults);

// As in a configuration file, with its name and without empty fields. Any thread.
Json to_json(const Council& council);

// The settings of the council, except its workflow, where the task has none of its own. Fallback chains and personas
// are merged by name, parameters one by one; the task's precede. The council's judge is the chairman if `judges_text`.
// Any thread.
void apply_council(TaskSpec& task, const Council& council, bool judges_text);

}  // namespace plenum
