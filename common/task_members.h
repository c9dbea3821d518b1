// The fields of a task request that say who works on it and what was said before. Inside common only.
#pragma once

#include "common/request_place.h"
#include "common/task_spec.h"

namespace plenum {

void read_members(const RequestPlace& place, TaskSpec& spec);
void read_fallback(const RequestPlace& place, TaskSpec& spec);
void read_personas(const RequestPlace& place, TaskSpec& spec);
void read_prior(const RequestPlace& place, TaskSpec& spec);
// The context with its attachments, whose form is checked here: what is not of it would silently miss
// in the prompts.
void read_context(const RequestPlace& place, TaskSpec& spec);

}  // namespace plenum
