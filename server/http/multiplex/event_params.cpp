#include "server/http/multiplex/event_params.h"

#include <utility>
#include <vector>

namespace plenum::http {
namespace {

// Libraries that cannot send headers add the id of the last event under a name of their own on each reconnection: such
// a name beats `last_event_id`, which the page itself has set once in the URL.
constexpr std::string_view id_parameters[] = {"lastEventId", "lastEventID", "Last-Event-ID", "evs_last_event_id",
                                              "last_event_id"};
constexpr std::string_view common_parameters[] = {"after", "from", "gap", "replay", "types", "members", "dialect"};

}  // namespace

Result<Query> parse_event_query(std::string_view text, std::initializer_list<std::string_view> own) {
  std::vector<std::string_view> known(own);
  known.insert(known.end(), std::begin(id_parameters), std::end(id_parameters));
  known.insert(known.end(), std::begin(common_parameters), std::end(common_parameters));
  return Query::parse(text, known);
}

Result<StreamView> parse_view(const Query& query, compat::CompatFormat default_format) {
  StreamView view;
  const bool needs_native = query.find("replay") || query.find("types") || query.find("members");
  const auto fallback = needs_native ? compat::CompatFormat::native : default_format;
  const auto format = compat::compat_format_named(query.find("dialect").value_or(std::string(name_of(fallback))));
  if (!format) return bad_parameter("?dialect= must be one of: " + compat::compat_format_names() + ".");
  view.format = *format;
  const std::string replay = query.find("replay").value_or("raw");
  if (replay != "raw" && replay != "compact") return bad_parameter("?replay= must be raw or compact.");
  view.compact = replay == "compact";
  if (const auto names = query.find("types")) {
    if (auto valid = view.filter.set_types(*names); !valid) return Failure(std::move(valid.error()));
  }
  if (const auto names = query.find("members")) {
    if (auto valid = view.filter.set_members(*names); !valid) return Failure(std::move(valid.error()));
  }
  // One frame of another format can represent several events, so a filter over events does not apply to it.
  if (*format != compat::CompatFormat::native && (view.compact || !view.filter.all())) {
    return bad_parameter("`types`, `members` and `replay` apply to native events only.",
                         "Omit `dialect`, or omit the other parameters.");
  }
  return view;
}

std::string last_event_id(const Query& query) {
  for (const auto name : id_parameters) {
    if (auto id = query.find(name); id && !id->empty()) return *std::move(id);
  }
  return {};
}

}  // namespace plenum::http
