// What an Accept header takes. Source: RFC 9110, 12.5.1. Pure: any thread.
#pragma once

#include <string_view>

namespace plenum::http {

// Whether this media type is acceptable; an absent header accepts everything.
bool accepts(std::string_view accept, std::string_view media_type);
// Whether it is asked for by name, not only covered by `*/*`.
bool names(std::string_view accept, std::string_view media_type);

}  // namespace plenum::http
