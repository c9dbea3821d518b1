// Lays out tables: columns side by side, or one record per row where the columns would be too narrow. Pure: any thread.
#pragma once

#include <cstddef>
#include <vector>

#include "client/cli/markdown/document.h"

namespace plenum::client {

std::vector<StyledLine> table_lines(const MarkdownNode& table, std::size_t columns);

}  // namespace plenum::client
