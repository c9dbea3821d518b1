// Media types that an Accept header covers. Source: RFC 9110, 12.5.1. Pure: any thread.
#pragma once

#include <string_view>

namespace plenum::http {

// Whether this media type is acceptable; an absent header accepts every type.
bool accepts(std::string_view accept, std::string_view media_type);
// Whether it is listed explicitly, not only covered by a wildcard.
bool names(std::string_view accept, std::string_view media_type);

}  // namespace plenum::http
