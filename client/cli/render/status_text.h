// A status reply and a list reply for people, made safe to show. Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

std::string status_text(const Json& status);
// Rows of at most so many columns. Ids are whole, since they are what the other commands take; where even
// an id and a few words do not fit beside each other a task takes two rows.
//   searched  the words that were looked for; empty: none
std::string list_text(const Json& list, std::size_t columns = columns_default, std::string_view searched = {});

}  // namespace plenum::client
