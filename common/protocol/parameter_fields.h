// Reader of the parameters of a task request. Inside common/protocol only.
#pragma once

#include "common/protocol/field_reader.h"
#include "common/protocol/task_request.h"

namespace plenum {

void read_parameters(const FieldReader& field, TaskSpec& spec);

}  // namespace plenum
