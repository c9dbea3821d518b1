// The labels under which the outputs of a list stand in prompts. Each output keeps one label for the whole task,
// whatever the reader: what a reviewer writes about "B" is true for every later reader without any translation. Which
// member has which label is random, and reproducible from the trace id. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace plenum::workflow {

// The index of the label (0 is A) of each position of the list with this name.
std::vector<std::size_t> labels_of(std::string_view trace_id, std::string_view list, std::size_t count);

// The order in which one step shows `count` items; differs between steps.
std::vector<std::size_t> shown_order(std::string_view trace_id, std::string_view chunk_name, std::size_t count);

}  // namespace plenum::workflow
