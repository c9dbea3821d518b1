// Kind `search`: what a web search finds for the prompt. Search engines run it instead of members.
#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

namespace {

ParsedOutput parse(std::string_view text, const ParseInput&) { return {std::string(text)}; }

}  // namespace

extern const StepKind search_kind;
const StepKind search_kind{
    .name = "search",
    .event_kind = "search",
    .runner = StepKind::Runner::search_engine,
    .part_of_search = true,
    .answer_tokens = 1000,
    .option = "search",
    .required_input = true,
    .parse = parse,
};

}  // namespace plenum::workflow
