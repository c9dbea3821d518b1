// One task being worked on. It lives on its stream's owner loop from start() to its end and is the
// stream's only producer:
// The queue keeps order per producer only: with two producers a step's start could overtake the
// finish that allowed it. So skip and cancel are posted here instead of pushing from elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/task_request.h"
#include "server/core/event_sink.h"
#include "server/core/provider.h"
#include "server/runtime/event_loop.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/past.h"

namespace plenum::workflow {

// Only the owner loop.
class Run {
 public:
  // sink, providers and loop must outlive the run. on_finished is called once, from a later turn than
  // the terminal event's, and may destroy the run. A run that resumes must have the trace_id and the
  // assignment of the run before it; when the chunks of the past do not fit them, the task ends with
  // task_error `interrupted`.
  Run(Assignment assignment, TaskSpec spec, std::string trace_id, core::EventSink& sink, core::Providers& providers,
      runtime::EventLoop& loop, std::function<void()> on_finished, std::optional<Resume> from = std::nullopt);
  ~Run();  // aborts what is open, says nothing

  void start();
  // Closes every upstream call, ends open chunks as cancelled and the task with task_cancelled.
  // Nothing when the run has finished.
  void cancel(std::string_view by, std::string_view reason);
  // Closes the open calls of this member, whose chunks end as skipped; the run goes on without them as
  // far as it can. False when none is open.
  bool skip(std::string_view member);
  // As cancel, with task_error.
  void fail(const Error& error);
  bool finished() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // timers and posted work hold it weakly, so they outlive the run harmlessly
};

}  // namespace plenum::workflow
