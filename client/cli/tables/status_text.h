// The text output of `plenum status` and `plenum list`, filtered (terminal_text.h). Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

std::string status_text(const Json& status);
// Rows of at most `columns` columns: id, status, workflow, local time, duration, task. On a terminal ids are shortened
// to what identifies them in the list, and a task takes two rows if the terminal is too narrow; in a file
// (columns_of_file) everything is complete.
//   searched  the words of the search; empty: none
std::string list_text(const Json& list, std::size_t columns = columns_default, std::string_view searched = {});

}  // namespace plenum::client
