// The fields of a task request that say who works on it and what was said before. Inside common only.
#pragma once

#include "common/protocol/field_reader.h"
#include "common/protocol/task_request.h"

namespace plenum {

void read_members(const FieldReader& place, TaskSpec& spec);
void read_fallback(const FieldReader& place, TaskSpec& spec);
void read_personas(const FieldReader& place, TaskSpec& spec);
void read_prior(const FieldReader& place, TaskSpec& spec);
// The context with its attachments, whose form is checked here: what is not of it would silently miss
// in the prompts.
void read_context(const FieldReader& place, TaskSpec& spec);

}  // namespace plenum
