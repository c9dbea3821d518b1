#include "client/api/cli_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "common/base/overloaded.h"

namespace plenum::client {
namespace {

struct Words {
  std::string_view api, cli;
};

// Longer phrases before the words that they contain. A word matches as a whole: not inside a longer name.
constexpr Words phrases[] = {
    {"; `errors` lists every fault", ""},
    {"Correct every field that is listed in `errors`.", "Correct the options that are named above."},
    {"Give the task a longer member_deadline_ms", "Raise --member-deadline"},
    {"Give the task a longer deadline_ms", "Raise --deadline"},
    {"Retry the whole task with `from` all.", "Retry the whole task: plenum retry --from all ID"},
    {"Retry it from `all`.", "Run it again with: plenum retry --from all ID"},
    {"from `all`", "with --from all"},
    {"requires `from` to be rounds", "requires plenum extend"},
    {"Wait for the time in Retry-After and try again", "Wait, then try again"},
    {"try again after the time in Retry-After", "try again later"},
    {"Wait for the time in Retry-After", "Wait, then try again"},
    {"GET /readyz reports the state of the server's disk", "plenum doctor shows the state of the server"},
    {"GET /status shows whether its disk is slow", "plenum doctor shows the state of the server"},
    {"GET /api/workflows lists them", "plenum workflows lists them"},
    {"GET /api/workflows", "plenum workflows"},
    {"GET /api/councils", "plenum councils"},
    {"GET /api/models", "plenum models"},
    {"GET /api/conversations", "plenum conversations"},
    {"GET /api/stream/tasks", "plenum list"},
    {"GET /api/standings", "plenum standings"},
    {"GET /status", "plenum doctor"},
    {"docs/protocol.md", "plenum help"},
    {"member_deadline_ms", "--member-deadline"},
    {"deadline_ms", "--deadline"},
    {"max_cost_usd", "--max-cost"},
    {"conversation_id", "--conversation-id"},
    {"message_id", "--message-id"},
    {"Idempotency-Key", "--idempotency-key"},
    {"`personas`", "--persona"},
    {"`fallback`", "--fallback"},
    {"`members`", "--member"},
    {"`chairman`", "--chairman"},
    {"`council`", "--council"},
    {"`prior`", "--prior"},
    {"`context`", "--context"},
    {"`options`", "--option"},
    {"`cache`", "--cache"},
};

struct Remedy {
  ErrorCode code;
  std::string_view text;
};

constexpr std::string_view same_version =
    "Install the same version of plenum and plenumd: the server does not understand this command.";
constexpr std::string_view access_remedy =
    "Check the address, and the access rules of the server: plenum sends no credentials.";
constexpr std::string_view check_proxy =
    "Check the proxy between plenum and the server, or address the server directly.";

// Instead of the remedies of the error table that speak of requests.
constexpr Remedy remedies[] = {
    {ErrorCode::bad_request, same_version},
    {ErrorCode::invalid_cursor, "Omit --after, or pass the number of an existing event."},
    {ErrorCode::unauthorized, access_remedy},
    {ErrorCode::forbidden, access_remedy},
    {ErrorCode::bad_origin, same_version},
    {ErrorCode::not_found, "Check the path of --server and PLENUM_SERVER."},
    {ErrorCode::method_not_allowed, same_version},
    {ErrorCode::stream_not_found, "List your streams with: plenum list"},
    {ErrorCode::request_timeout, "Try again: the server did not receive the whole request in time."},
    {ErrorCode::stream_gone, "It was deleted or has expired; submit the task again with: plenum run"},
    {ErrorCode::cursor_expired, "Read the stream from its beginning: plenum attach ID"},
    {ErrorCode::length_required, check_proxy},
    {ErrorCode::payload_too_large, "Send less: shorten the task, or attach fewer or smaller files."},
    {ErrorCode::uri_too_long, "Use a shorter name or search."},
    {ErrorCode::unsupported_media_type, check_proxy},
    {ErrorCode::validation_failed, "Correct the options that are named above."},
    {ErrorCode::idempotency_key_reuse, "Use a new --idempotency-key for a different task."},
    {ErrorCode::quota_exceeded, "Wait, then try again, or request a higher quota from the operator."},
    {ErrorCode::too_many_connections, "End other plenum commands at this server, then try again."},
    {ErrorCode::headers_too_large, check_proxy},
    {ErrorCode::not_implemented, same_version},
    {ErrorCode::busy, "Wait, then try again."},
    {ErrorCode::draining, "The server is shutting down; try again later."},
    {ErrorCode::store_unavailable, "Wait, then try again; plenum doctor shows the state of the server."},
    {ErrorCode::version_not_supported, check_proxy},
    {ErrorCode::timeout, "Try again, or raise --member-deadline: the provider did not respond in time."},
    {ErrorCode::deadline_exceeded, "Raise --deadline, or use fewer members or rounds."},
    {ErrorCode::cost_limit,
     "Raise --max-cost, or use fewer or cheaper members; the result contains the partial output."},
    {ErrorCode::interrupted,
     "Run the task again with its completed steps reused: plenum retry ID. The result contains the partial output."},
};

// Fields and their options; a field below it is the name behind the option.
constexpr Words fields[] = {
    {"/task", "the task"},
    {"/context/attachments", "--file"},
    {"/context", "--context"},
    {"/workflow", "--workflow"},
    {"/council", "--council"},
    {"/members", "--member"},
    {"/fallback", "--fallback"},
    {"/personas", "--persona"},
    {"/prior", "--prior"},
    {"/chairman", "--chairman"},
    {"/options/search", "--search"},
    {"/options/verdict", "--verdict"},
    {"/options", "--option"},
    {"/parameters/temperature", "--temperature"},
    {"/parameters/top_p", "--top-p"},
    {"/parameters/max_tokens", "--max-tokens"},
    {"/parameters/seed", "--seed"},
    {"/parameters/stop", "--stop"},
    {"/parameters/reasoning_effort", "--reasoning-effort"},
    {"/parameters/response_format", "--response-format"},
    {"/parameters", "--parameter"},
    {"/message_id", "--message-id"},
    {"/conversation_id", "--conversation-id"},
    {"/deadline_ms", "--deadline"},
    {"/member_deadline_ms", "--member-deadline"},
    {"/max_cost_usd", "--max-cost"},
    {"/cache", "--cache"},
    {"/from", "--from"},
    {"/rounds", "--rounds"},
    {"/title", "the title"},
};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Replaces whole occurrences. A mark such as a backquote has no word boundary.
void replace_words(std::string& text, const Words& words) {
  for (std::size_t at = 0; (at = text.find(words.api, at)) != text.npos;) {
    const std::size_t end = at + words.api.size();
    const bool begins = at == 0 || !is_name_character(words.api.front()) || !is_name_character(text[at - 1]);
    const bool ends = end == text.size() || !is_name_character(words.api.back()) || !is_name_character(text[end]);
    if (begins && ends) {
      text.replace(at, words.api.size(), words.cli);
      at += words.cli.size();
    } else {
      at = end;
    }
  }
}

// The unescaped names of a JSON pointer (RFC 6901).
std::vector<std::string> pointer_names(std::string_view pointer) {
  std::vector<std::string> names;
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    std::string name(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(name.size());
    for (const auto& [escape, plain] : {std::pair("~1", "/"), std::pair("~0", "~")}) {
      for (std::size_t at = 0; (at = name.find(escape, at)) != name.npos; ++at) name.replace(at, 2, plain);
    }
    names.push_back(std::move(name));
  }
  return names;
}

bool is_index(const std::string& name) { return name.find_first_not_of("0123456789") == name.npos; }

// `step.ranking.seed` from steps, ranking, seed.
std::string parameter_name(std::vector<std::string> names) {
  if (names.size() > 1 && names.front().ends_with('s')) names.front().pop_back();
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ".") + name;
  return text;
}

void reword(std::string& text) { text = cli_words(text); }

void reword(ErrorInfo& error) {
  reword(error.message);
  const auto code = error_code_named(error.code);
  error.remedy = code ? cli_remedy(*code, error.remedy) : cli_words(error.remedy);
}

void reword(TaskResult& result) {
  for (std::string& reason : result.reasons) reword(reason);
  for (SkippedMember& member : result.skipped) reword(member.reason);
}

}  // namespace

std::string cli_words(std::string_view text) {
  std::string out(text);
  for (const Words& words : phrases) replace_words(out, words);
  return out;
}

std::string cli_remedy(ErrorCode code, std::string_view remedy) {
  const std::string_view of_table = row_of(code).remedy;
  if (!remedy.empty() && remedy != of_table) return cli_words(remedy);
  const auto row =
      std::find_if(std::begin(remedies), std::end(remedies), [&](const Remedy& r) { return r.code == code; });
  return row == std::end(remedies) ? cli_words(of_table) : std::string(row->text);
}

std::string cli_field(std::string_view pointer) {
  for (const Words& field : fields) {
    if (!pointer.starts_with(field.api)) continue;
    const std::string_view below = pointer.substr(field.api.size());
    if (!below.empty() && below.front() != '/') continue;
    std::vector<std::string> names = pointer_names(below);
    if (field.cli == "--parameter") return fmt::format("--parameter {}", parameter_name(std::move(names)));
    const bool named =
        !names.empty() && !is_index(names.front()) && field.cli != "--prior" && field.cli != "--fallback";
    return named ? fmt::format("{} {}", field.cli, names.front()) : std::string(field.cli);
  }
  return std::string(pointer);
}

bool has_server_words(const ReceivedEvent& event) {
  const auto* completed = std::get_if<ChunkCompleted>(&event.payload);
  return event.terminal || std::holds_alternative<SystemMessage>(event.payload) ||
         std::holds_alternative<ChunkReset>(event.payload) || (completed != nullptr && completed->error);
}

ReceivedEvent in_cli_words(ReceivedEvent event) {
  std::visit(Overloaded{[](SystemMessage& message) { reword(message.message); },
                        [](ChunkReset& reset) { reword(reset.reason); },
                        [](ChunkCompleted& completed) {
                          if (completed.error) reword(*completed.error);
                        },
                        [](TaskCompleted& end) { reword(end.result); },
                        [](TaskError& end) { reword(end.error), reword(end.result); },
                        [](TaskCancelled& end) { reword(end.result); }, [](auto&) {}},
             event.payload);
  return event;
}

}  // namespace plenum::client
