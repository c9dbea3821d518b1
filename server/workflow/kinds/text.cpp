// Kind `text`: the output as the model wrote it.
#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

namespace {

ParsedOutput parse(std::string_view text, const ParseInput&) { return {std::string(text)}; }

}  // namespace

extern const StepKind text_kind;
const StepKind text_kind{.name = "text", .parse = parse};

}  // namespace plenum::workflow
