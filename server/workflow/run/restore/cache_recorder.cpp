#include "server/workflow/run/restore/cache_recorder.h"

namespace plenum::workflow {

std::vector<Event> events_for_cache(const StepOutputs& outputs, const TaskResult& result) {
  std::vector<Event> events;
  const Workflow& workflow = *outputs.assignment().workflow;
  for (const StepIndex index : outputs.finished()) {
    const Step& step = outputs.steps()[index];
    const StepOutput& output = outputs.of(index);
    events.push_back({ChunkStarted{step.description, std::string(event_kind_of(step, workflow))}, output.source});
    events.push_back({*output.completed, output.source});
  }
  events.push_back({TaskCompleted{result}, nullptr});
  return events;
}

}  // namespace plenum::workflow
