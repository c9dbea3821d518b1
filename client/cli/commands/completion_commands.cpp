// completion and __complete. The latter prints nothing but candidates and never fails: a shell calls it at every Tab.
#include <algorithm>

#include "client/cli/args/command_app.h"
#include "client/cli/commands/execute.h"
#include "client/cli/completion/completer.h"
#include "client/cli/completion/scripts.h"
#include "client/cli/tables/short_ids.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"

namespace plenum::client {
namespace {

using Candidates = std::vector<Candidate>;

Candidates named_items(const Result<Json>& list, std::string_view key, std::string_view name,
                       std::string_view description) {
  if (!list) return {};
  return items_at(*list, key, [&](const Json& one) {
    return Candidate{text_at(one, name), text_at(one, description)};
  });
}

// The beginnings of ids that are unique in the list, or whole ids if more has been typed.
Candidates task_candidates(ApiClient& api, std::string_view typed) {
  constexpr int listed = 100;
  Candidates tasks = named_items(api.list(listed, ""), "tasks", "stream_id", "task");
  std::vector<std::string> ids;
  for (const Candidate& task : tasks) ids.push_back(task.value);
  const auto shortened = short_ids(ids);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (shortened[i].size() > typed.size()) tasks[i].value = shortened[i];
  }
  if (!tasks.empty()) tasks.insert(tasks.begin(), {"last", "the newest task"});
  return tasks;
}

Candidates member_candidates(ApiClient& api, bool with_models) {
  Candidates members;
  const Result<Json> models = api.models();
  if (!models) return members;
  items_at(*models, "providers", [&](const Json& provider) {
    const std::string name = text_at(provider, "name");
    const bool usable = flag_at(provider, "key_present") && !flag_at(provider, "searches");
    if (!with_models || usable) members.push_back({name, text_at(provider, "default_model")});
    if (!with_models || !usable) return false;
    const auto listed = texts_at(provider, "listed_models");
    for (const std::string& model : listed.empty() ? texts_at(provider, "models") : listed) {
      members.push_back({name + "/" + model, ""});
    }
    return true;
  });
  return members;
}

Candidates candidates_of(ApiClient& api, const Completion& completion) {
  switch (completion.kind) {
    case ValueKind::tasks:
      return task_candidates(api, completion.typed);
    case ValueKind::workflows:
      return named_items(api.workflows(), "workflows", "name", "description");
    case ValueKind::councils:
      return named_items(api.councils(), "councils", "name", "description");
    case ValueKind::members:
      return member_candidates(api, true);
    case ValueKind::providers:
      return member_candidates(api, false);
    case ValueKind::conversations:
      return named_items(api.call("GET", api::conversations, "conversations"), "conversations", "conversation_id",
                         "title");
    default:
      return {};
  }
}

std::string line_of(const Candidate& candidate) {
  constexpr std::size_t description_characters = 60;
  return terminal_line(candidate.value) + "\t" + terminal_cut(candidate.description, description_characters) + "\n";
}

}  // namespace

int execute(Session& session, const CompletionCommand& command) {
  session.context().output.out(completion_script(command.shell));
  return 0;
}

int execute(Session& session, const CompleteCommand& command) {
  const CommandApp parser(columns_default);
  const Completion completion = completion_of(parser.app(), command.words);
  std::string lines;
  for (const Candidate& candidate : completion.candidates) lines += line_of(candidate);
  if (completion.kind == ValueKind::files) lines += ":files\n";
  if (completion.kind == ValueKind::directories) lines += ":dirs\n";
  // A shell waits for this: a server that does not answer at once has no candidates. None is started.
  ApiClient api({.server = session.line().server,
                 .connect_timeout = milliseconds(300),
                 .reply_timeout = milliseconds(1'000),
                 .connect_attempts_max = 1},
                session.context().waiting);
  for (const Candidate& candidate : candidates_of(api, completion)) {
    if (!candidate.value.starts_with(completion.typed)) continue;
    lines += line_of({completion.prefix + candidate.value, candidate.description});
  }
  session.context().output.out(lines);
  return 0;
}

}  // namespace plenum::client
