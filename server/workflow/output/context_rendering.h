// The context of a task as prompts show it. Pure; any thread.
#pragma once

#include <string>

namespace plenum::workflow {

// The object as indented JSON, and behind it each of its `attachments` as a text under its name.
// Empty for an empty object, so that the sections that show a context stay closed.
std::string context_text(const std::string& context_json);

}  // namespace plenum::workflow
