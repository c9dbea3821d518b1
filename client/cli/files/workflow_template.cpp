#include "client/cli/files/workflow_template.h"

#include <fmt/format.h>

namespace plenum::client {
namespace {

constexpr std::string_view template_text =
    R"toml(# A workflow: which member makes which model call, and what its prompt contains.
# Check this file:     plenum workflows check @name@.toml
# Use it:              place it in the workflow directory of the server, then plenum run -w @name@ "…"
# Examples:            plenum workflows show council
name = "@name@"
description = "Every member answers; a chairman writes the final answer."

# Roles are played by single members; a step without `role` and `each` is one call of the first member.
roles = ["chairman"]
chairman = "chairman"
# A task with fewer members is rejected.
members_min = 2
# The whole task, in seconds.
deadline_s = 1800
# The output that is the merged answer. It may be missing, if its step failed.
synthesis = "final"
# The answer of the task: a Mustache template over the outputs of the steps.
answer = '''
{{#final}}
{{final}}
{{/final}}
{{^final}}
{{#answers}}
## {{member}}

{{text}}

{{/answers}}
{{/final}}'''

[[steps]]
id = "answer"
# What people see while the step runs.
agent = "Member"
stage = "answers"
description = "Answers the task"
# One call per member, at the same time; `output` is then a list.
each = "members"
output = "answers"
timeout_s = 600
# "degrade": the task continues without a call that failed; "fail" (the default) ends it.
on_error = "degrade"
system = "Answer in the language of the question."
prompt = '''
{{#context}}
{{context_block}}

{{/context}}
{{task}}'''

[[steps]]
id = "final"
agent = "Chairman"
stage = "synthesis"
description = "Writes the final answer"
role = "chairman"
# The step waits for these outputs, and its templates may use them.
inputs = ["answers"]
# The answers stand without names, under letters.
judges = ["answers"]
# The number of answers that it needs.
quorum = 2
output = "final"
timeout_s = 600
on_error = "degrade"
system = '''
Answer in the language of the question. {{material_rule}}'''
prompt = '''
{{#context}}
{{context_block}}

{{/context}}
{{#answers}}
Response {{label}}:

{{block}}

{{/answers}}
# The question

{{task}}

# What to write

Compare the responses, correct what is wrong, and write the final answer. Do not describe the responses.'''
)toml";

bool is_workflow_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == name.npos;
}

}  // namespace

Result<std::string> workflow_template(std::string_view name) {
  if (!is_workflow_name(name)) {
    return Failure(Error{ErrorCode::usage, fmt::format("'{}' is not a name of a workflow", name),
                         "Use lower-case letters, digits, - and _, such as my-council."});
  }
  std::string text(template_text);
  constexpr std::string_view mark = "@name@";
  for (std::size_t at = 0; (at = text.find(mark, at)) != text.npos;) text.replace(at, mark.size(), name);
  return text;
}

}  // namespace plenum::client
