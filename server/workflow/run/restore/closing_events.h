// The last events of a stream whose run cannot be continued. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "server/workflow/run/restore/recorded_run.h"

namespace plenum::workflow {

// Ends of the open chunks, then a task_error whose result holds every recorded text. Needs no workflow: it
// may be the reason why the run cannot continue.
std::vector<Event> closing_events(const Error& error, const RecordedRun& recorded, const std::string& workflow);

}  // namespace plenum::workflow
