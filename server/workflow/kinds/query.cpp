// Kind `query`: a query for a web search, written by a member. A search whose query was not written uses the task.
#include <algorithm>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/answer_text.h"

namespace plenum::workflow {

namespace {

std::string_view without_prefix(std::string_view line, std::string_view prefix) {
  const bool has_it = line.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), line.begin(),
                                                                 [](char a, char b) { return a == lower(b); });
  return has_it ? line.substr(prefix.size()) : line;
}

// The first line with words, without quotes, marks of a list and `Query:`. Empty if there is none.
std::string query_in(std::string_view reply) {
  while (!reply.empty()) {
    const std::size_t end = std::min(reply.find('\n'), reply.size());
    const std::string whole = on_one_line(reply.substr(0, end));
    reply.remove_prefix(std::min(end + 1, reply.size()));
    if (whole.starts_with("```")) continue;
    std::string_view line = trimmed(whole, " -*#>`");
    for (const std::string_view prefix : {"search query:", "web search query:", "query:"}) {
      line = without_prefix(line, prefix);
    }
    line = trimmed(line, " *`\"'");
    for (const std::string_view quote : {"“", "”", "„"}) {
      if (line.starts_with(quote)) line.remove_prefix(quote.size());
      if (line.ends_with(quote)) line.remove_suffix(quote.size());
    }
    // Words before the query, as in `Here is the query:`.
    if (!line.empty() && !line.ends_with(':')) return std::string(utf8_prefix(line, query_bytes_max));
  }
  return {};
}

ParsedOutput parse(std::string_view text, const ParseInput&) {
  ParsedOutput parsed{query_in(visible_text(text))};
  if (parsed.text.empty()) parsed.outcome = StepOutcome::failed;
  return parsed;
}

}  // namespace

extern const StepKind query_kind;
const StepKind query_kind{
    .name = "query",
    .event_kind = "query",
    .runner = StepKind::Runner::role,
    .part_of_search = true,
    .is_auxiliary = true,
    .parse = parse,
};

}  // namespace plenum::workflow
