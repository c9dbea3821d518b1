// The text output of `plenum conversations`, filtered (terminal_text.h). Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/conversations as an aligned table of at most `columns` columns. Ids are never truncated,
// because other commands take them.
//   searched  the words of the search; empty: none
std::string conversations_text(const Json& list, std::size_t columns = columns_default, std::string_view searched = {});
// The response of GET /api/conversations/{id}: title, counts, then every task with its answer.
std::string conversation_text(const Json& conversation);

}  // namespace plenum::client
