// The text output of `plenum status` and `plenum list`, filtered (terminal_text.h). Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

std::string status_text(const Json& status);
// Rows of at most `columns` columns. Ids are never truncated, because other commands take them; on a terminal too
// narrow for an id and some text, a task takes two rows.
//   searched  the words of the search; empty: none
std::string list_text(const Json& list, std::size_t columns = columns_default, std::string_view searched = {});

}  // namespace plenum::client
