// Entity tags of answers. Source: RFC 9110, 8.8.3 and 13.1.2. Pure: any thread.
#pragma once

#include <string_view>

namespace plenum::http {

// Whether an If-None-Match header holds this tag, or any tag at all (`*`). Compared weakly, as that header asks.
bool tag_matches(std::string_view if_none_match, std::string_view tag);

}  // namespace plenum::http
