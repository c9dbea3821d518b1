// Renders the `context` of a task for prompts. Pure; any thread.
#pragma once

#include <string>

namespace plenum::workflow {

// The object as indented JSON, followed by each of its `attachments` as text under its name. Empty for an
// empty object, so that template sections on `context` are omitted.
std::string render_context(const std::string& context_json);

}  // namespace plenum::workflow
