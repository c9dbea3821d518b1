// The `context` of a task request with its attachments. Inside common/protocol only.
#pragma once

#include "common/protocol/field_reader.h"

namespace plenum {

// Invalid attachments are errors: they would be missing from the prompts.
void read_context(const FieldReader& field, TaskSpec& spec);

}  // namespace plenum
