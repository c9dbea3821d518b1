// Renders the `context` of a task for prompts. Pure; any thread.
#pragma once

#include <string>

namespace plenum::workflow {

// The object as indented JSON, followed by each of its `attachments` under its name: its text, or a note that the
// file is part of the message (planning/task_attachments.h). Empty for an
// empty object, so that template sections on `context` are omitted.
std::string render_context(const std::string& context_json);

}  // namespace plenum::workflow
