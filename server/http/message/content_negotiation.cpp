#include "server/http/message/content_negotiation.h"

#include <algorithm>
#include <string>

#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

constexpr int weight_max = 1000;

// How specific a match is: 3 exact, 2 `type/*`, 1 `*/*`, 0 none.
int specificity(std::string_view range, std::string_view media_type) {
  if (range == media_type) return 3;
  if (range == "*/*") return 1;
  const auto slash = media_type.find('/');
  return range.ends_with("/*") && range.substr(0, range.size() - 1) == media_type.substr(0, slash + 1) ? 2 : 0;
}

// `0.5` is 500; at most three decimals. Anything else counts as 1.
int parse_weight(std::string_view text) {
  const auto decimals = text.substr(std::min<std::size_t>(text.size(), 2));
  const bool valid = !text.empty() && (text[0] == '0' || text[0] == '1') && (text.size() == 1 || text[1] == '.') &&
                     decimals.size() <= 3 && std::all_of(decimals.begin(), decimals.end(), is_digit);
  if (!valid || text[0] == '1') return weight_max;
  int weight = 0;
  for (std::size_t i = 0; i < 3; ++i) weight = weight * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  return weight;
}

// The `q` among the parameters of a media range.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';'), parameters.size());
    const auto parameter = trimmed(parameters.substr(0, end));
    if (equal_ignoring_case(parameter.substr(0, 2), "q=")) return parse_weight(parameter.substr(2));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return weight_max;
}

}  // namespace

Acceptance acceptance_of(std::string_view media_type, std::string_view accept) {
  if (trimmed(accept).empty()) return {weight_max, 1};
  Acceptance best;
  each_item(accept, [&](std::string_view item) {
    const auto end = std::min(item.find(';'), item.size());
    const int found = specificity(lower_case(trimmed(item.substr(0, end))), media_type);
    if (found > best.specificity) best = {weight_of(item.substr(std::min(end + 1, item.size()))), found};
    return true;
  });
  return best;
}

bool accepts(std::string_view accept, std::string_view media_type) {
  return acceptance_of(media_type, accept).weight > 0;
}

bool names(std::string_view accept, std::string_view media_type) {
  const auto acceptance = acceptance_of(media_type, accept);
  return acceptance.weight > 0 && acceptance.specificity == 3;
}

std::optional<std::size_t> preferred(std::string_view accept, std::span<const std::string_view> media_types) {
  std::optional<std::size_t> best;
  Acceptance of_best;
  for (std::size_t i = 0; i < media_types.size(); ++i) {
    const auto acceptance = acceptance_of(media_types[i], accept);
    if (acceptance.weight == 0 || acceptance <= of_best) continue;
    of_best = acceptance;
    best = i;
  }
  return best;
}

}  // namespace plenum::http
