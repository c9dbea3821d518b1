#include "server/http/message/content_negotiation.h"

#include <string>

#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

// How specific a match is: 3 exact, 2 `type/*`, 1 `*/*`, 0 none.
int specificity(std::string_view range, std::string_view media_type) {
  if (range == media_type) return 3;
  if (range == "*/*") return 1;
  const auto slash = media_type.find('/');
  return range.ends_with("/*") && range.substr(0, range.size() - 1) == media_type.substr(0, slash + 1) ? 2 : 0;
}

// `q=0`, `q=0.0`, `q=0.000`: not acceptable.
bool has_zero_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto parameter = lower_case(trimmed(parameters.substr(0, end)));
    if (parameter.starts_with("q=0")) return parameter.find_first_not_of("0.", 2) == std::string::npos;
    parameters = end == std::string_view::npos ? std::string_view() : parameters.substr(end + 1);
  }
  return false;
}

// The specificity of the most specific match; 0 if its weight is zero.
int best_match(std::string_view accept, std::string_view media_type) {
  int best = 0;
  bool excluded = false;
  each_item(accept, [&](std::string_view item) {
    const auto end = item.find(';');
    const int found = specificity(lower_case(trimmed(item.substr(0, end))), media_type);
    if (found > best) {
      best = found;
      excluded = end != std::string_view::npos && has_zero_weight(item.substr(end + 1));
    }
    return true;
  });
  return excluded ? 0 : best;
}

}  // namespace

bool accepts(std::string_view accept, std::string_view media_type) {
  return trimmed(accept).empty() || best_match(accept, media_type) > 0;
}

bool names(std::string_view accept, std::string_view media_type) { return best_match(accept, media_type) == 3; }

}  // namespace plenum::http
