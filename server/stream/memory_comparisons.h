// The comparisons of streams in memory, as a store returns them. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/core/event_store.h"
#include "server/stream/stream.h"

namespace plenum::stream {

// streams: in the order in which they were opened. The result is in the order in which they ended.
std::vector<std::string> comparisons_of(const std::vector<std::shared_ptr<Stream>>& streams,
                                        const core::ComparisonQuery& query);

}  // namespace plenum::stream
