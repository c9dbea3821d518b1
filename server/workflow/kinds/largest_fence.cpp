// Kind `largest_fence`: the largest fenced code block, or the whole text when there is none.
#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

namespace {

ParsedOutput parse(std::string_view text, const ParseInput&) { return {largest_fence(text)}; }

}  // namespace

extern const StepKind largest_fence_kind;
const StepKind largest_fence_kind{.name = "largest_fence", .parse = parse};

}  // namespace plenum::workflow
