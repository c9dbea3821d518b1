// The media type of a response, by the Accept header of its request. Source: RFC 9110, 12.4.2 and 12.5.1.
// Pure: any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace plenum::http {

// How well an Accept header covers a media type: by the weight of its most specific range, then by how specific that
// is.
struct Acceptance {
  int weight = 0;       // in thousandths; 0: not acceptable
  int specificity = 0;  // 3 listed explicitly, 2 `type/*`, 1 `*/*` or no header, 0 not covered

  auto operator<=>(const Acceptance&) const = default;
};
Acceptance acceptance_of(std::string_view media_type, std::string_view accept);

// Whether this media type is acceptable; an absent header accepts every type.
bool accepts(std::string_view accept, std::string_view media_type);
// Whether it is acceptable and listed explicitly, not only covered by a wildcard.
bool names(std::string_view accept, std::string_view media_type);
// The position of the media type that is accepted best; of equal ones the first. Absent if none is acceptable.
std::optional<std::size_t> preferred(std::string_view accept, std::span<const std::string_view> media_types);

}  // namespace plenum::http
