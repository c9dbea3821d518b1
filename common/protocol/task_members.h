// Readers of the members, personas and prior turn of a task request. Inside common/protocol only.
#pragma once

#include "common/protocol/field_reader.h"
#include "common/protocol/task_request.h"

namespace plenum {

void read_members(const FieldReader& field, TaskSpec& spec);
void read_fallback(const FieldReader& field, TaskSpec& spec);
void read_personas(const FieldReader& field, TaskSpec& spec);
void read_prior(const FieldReader& field, TaskSpec& spec);

}  // namespace plenum
