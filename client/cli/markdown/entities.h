// HTML entities as characters. Pure: any thread. Source: HTML, 13.5 "Named character references" (the common ones).
#pragma once

#include <string>
#include <string_view>

namespace plenum::client {

// entity: `&amp;`, `&#39;`, `&#x27;`. An unknown name is returned as it is, a number that is no character as U+FFFD.
// The result is not filtered.
std::string decoded_entity(std::string_view entity);

}  // namespace plenum::client
