// Readers of the members, personas and context of a task request. Inside common/protocol only.
#pragma once

#include "common/protocol/field_reader.h"
#include "common/protocol/task_request.h"

namespace plenum {

void read_members(const FieldReader& field, TaskSpec& spec);
void read_fallback(const FieldReader& field, TaskSpec& spec);
void read_personas(const FieldReader& field, TaskSpec& spec);
void read_prior(const FieldReader& field, TaskSpec& spec);
// The context with its attachments. Invalid attachments are errors: they would be missing from the prompts.
void read_context(const FieldReader& field, TaskSpec& spec);

}  // namespace plenum
