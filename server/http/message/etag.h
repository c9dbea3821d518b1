// Entity tags of responses. Source: RFC 9110, 8.8.3 and 13.1.2. Pure: any thread.
#pragma once

#include <string_view>

namespace plenum::http {

// Whether an If-None-Match header lists this tag or is `*`. Weak comparison, as RFC 9110 requires for that header.
bool tag_matches(std::string_view if_none_match, std::string_view tag);

}  // namespace plenum::http
