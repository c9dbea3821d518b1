#include "server/http/message/content_negotiation.h"

#include <string>

#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

// How well an item fits: 3 by name, 2 by type, 1 by `*/*`, 0 not at all.
int fit(std::string_view range, std::string_view media_type) {
  if (range == media_type) return 3;
  if (range == "*/*") return 1;
  const auto slash = media_type.find('/');
  return range.ends_with("/*") && range.substr(0, range.size() - 1) == media_type.substr(0, slash + 1) ? 2 : 0;
}

// `q=0`, `q=0.0`, `q=0.000`: not acceptable.
bool refused_by_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto parameter = lower_case(trimmed(parameters.substr(0, end)));
    if (parameter.starts_with("q=0")) return parameter.find_first_not_of("0.", 2) == std::string::npos;
    parameters = end == std::string_view::npos ? std::string_view() : parameters.substr(end + 1);
  }
  return false;
}

// How well the most specific item fits; 0 when that item refuses.
int best_fit(std::string_view accept, std::string_view media_type) {
  int best = 0;
  bool refused = false;
  each_item(accept, [&](std::string_view item) {
    const auto end = item.find(';');
    const int found = fit(lower_case(trimmed(item.substr(0, end))), media_type);
    if (found > best) {
      best = found;
      refused = end != std::string_view::npos && refused_by_weight(item.substr(end + 1));
    }
    return true;
  });
  return refused ? 0 : best;
}

}  // namespace

bool accepts(std::string_view accept, std::string_view media_type) {
  return trimmed(accept).empty() || best_fit(accept, media_type) > 0;
}

bool names(std::string_view accept, std::string_view media_type) { return best_fit(accept, media_type) == 3; }

}  // namespace plenum::http
