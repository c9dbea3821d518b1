// The part of TaskService that continues recorded runs: after a restart, and for a retry from a given step.
#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "server/stream/stored_stream.h"
#include "server/task/stored_plan.h"
#include "server/task/task_service.h"
#include "server/telemetry/log.h"
#include "server/workflow/run/restore/closing_events.h"

namespace plenum::task {

namespace {

using workflow::RecordedRun;
using workflow::Resume;

// Older tasks are not resumed automatically: their calls would cost money for a forgotten task.
constexpr auto resumed_within = std::chrono::hours(24);

RecordedRun recorded_in(const std::vector<core::Frames>& log) {
  RecordedRun recorded;
  core::each_frame(log, [&](std::uint64_t, std::string_view frame) {
    if (const auto event = stream::event_of_frame(frame)) recorded.add(*event);
  });
  return recorded;
}

// The complete log of a finished stream: from memory, or from the store if memory holds only its end.
Result<std::vector<core::Frames>> whole_log(const stream::Stream& stream, const core::EventStore* store) {
  if (stream.first_seq() > 1) {
    if (store == nullptr) {
      return Failure(Error{ErrorCode::validation_failed, "the beginning of the task's log was evicted",
                           "Retry the whole task with `from` all."});
    }
    return store->load(stream.id()).map([](core::StoredStream&& stored) { return std::move(stored.parts); });
  }
  std::vector<core::Frames> log;
  for (std::uint64_t seq = 0; seq < stream.head(); seq = log.back().last_seq()) {
    log.push_back(core::copy_of(stream.frames_after(seq, std::numeric_limits<std::uint32_t>::max())));
  }
  return log;
}

// Raises the task's number of rounds. Rounds that were enough before do not end the new ones.
tl::expected<void, RejectedTask> extend_rounds(TaskSpec& spec, workflow::Assignment& assignment,
                                               const RecordedRun& recorded, int more) {
  const auto done = workflow::rounds_done(recorded, assignment);
  if (!done) return rejected(done.error());
  const int left = assignment.workflow->rounds_max - *done;
  if (more > left) {
    return rejected({ErrorCode::validation_failed, "The rounds cannot be extended that far."},
                    {{"/rounds", fmt::format("must be a whole number from 1 to {}: {} of at most {} rounds are done",
                                             left, *done, assignment.workflow->rounds_max)}});
  }
  auto options = parse_json(spec.options_json);
  Json changed = options && options->is_object() ? *std::move(options) : Json::object();
  changed["rounds"] = *done + more;
  assignment.options.rounds = *done + more;
  if (assignment.workflow->per_member) {
    changed["rounds_min"] = *done + 1;
    assignment.options.rounds_min = *done + 1;
  }
  spec.options_json = dump_json(changed);
  return {};
}

std::string joined_details(const std::vector<ValidationError>& faults) {
  std::string words;
  for (const ValidationError& fault : faults) words += (words.empty() ? "" : "; ") + fault.detail;
  return words;
}

}  // namespace

Result<workflow::Assignment> TaskService::reassign(const stream::StreamInfo& facts) const {
  auto plan = plan_from(facts.plan);
  if (!plan) return Failure(std::move(plan.error()));
  TaskSpec spec = facts.spec;
  spec.members = plan->members;
  auto assigned = planner_.assign(spec, plan->workflow, plan->by_default);
  if (const auto* faults = std::get_if<std::vector<ValidationError>>(&assigned)) {
    return Failure(Error{ErrorCode::interrupted, joined_details(*faults)});
  }
  auto& assignment = std::get<workflow::Assignment>(assigned);
  assignment.conversation = std::move(plan->turns);
  assignment.date = date_of(facts.created_at);
  return std::move(assignment);
}

Result<void> TaskService::recover(OnRestart how) {
  const auto unfinished = streams_.recover();
  if (!unfinished) return Failure(unfinished.error());
  for (const auto& one : *unfinished) resume_or_end(one, how);
  if (!unfinished->empty()) {
    log::info("{} unfinished tasks {}", unfinished->size(),
              how == OnRestart::resume ? "resumed" : "ended as interrupted");
  }
  return {};
}

void TaskService::resume_or_end(const stream::RecoveredStream& unfinished, OnRestart how) {
  const auto& stream = unfinished.stream;
  const auto age = stream->owner_loop().clock().steady() - stream->info().accepted;
  RecordedRun recorded = recorded_in(unfinished.log);
  auto assignment = reassign(stream->info());
  if (!assignment) {
    const Error why{ErrorCode::interrupted,
                    "the server was restarted, and the task cannot be resumed: " + assignment.error().message};
    for (Event& event : workflow::closing_events(why, recorded, stream->info().spec.workflow)) {
      if (!stream->push(std::move(event))) log::error("stream {} cannot be ended", stream->id().str());
    }
    return;
  }
  Resume resume{std::move(recorded), Resume::Mode::continue_log, std::chrono::duration_cast<milliseconds>(age)};
  if (how == OnRestart::interrupt || age > resumed_within) resume.mode = Resume::Mode::interrupt;
  const bool ends = resume.mode == Resume::Mode::interrupt || unfinished.cancel_requested;
  if (!ends) derived_.find_answer(*assignment, stream->id(), resume.recorded);
  derived_.begin(stream, *assignment);
  stream->owner_loop().post([this, stream, assignment = *std::move(assignment), resume = std::move(resume)]() mutable {
    begin(stream, std::move(assignment), std::move(resume));
  });
  if (!unfinished.cancel_requested) return;
  stream->request_cancel();
  stop_run(stream, "caller", "cancelled before the server was restarted");
}

tl::expected<PreparedTask, RejectedTask> TaskService::prepare_retry(const stream::Stream& earlier,
                                                                    const RetryRequest& how) const {
  if (draining()) return rejected(shutting_down());
  if (!earlier.finished()) {
    return rejected(
        Error{ErrorCode::validation_failed, "The task is still running.", "Wait for it, or cancel it first."});
  }
  auto assignment = reassign(earlier.info());
  if (!assignment) {
    return rejected(Error{ErrorCode::validation_failed, "The task cannot be retried: " + assignment.error().message});
  }
  stream::NewStream what{earlier.info().spec, assignment->skipped, plan_of(*assignment)};
  std::optional<Resume> resume;
  if (how.from != workflow::RetryFrom::all) {
    const auto log = whole_log(earlier, streams_.store());
    if (!log) return rejected(log.error());
    const RecordedRun recorded = recorded_in(*log);
    if (how.from == workflow::RetryFrom::rounds) {
      auto extended = extend_rounds(what.spec, *assignment, recorded, how.rounds);
      if (!extended) return tl::unexpected(std::move(extended.error()));
    }
    auto reused = workflow::reused_run(recorded, *assignment, how.from);
    if (!reused) return rejected(std::move(reused.error()));
    what.trace_id = earlier.info().trace_id;  // the label order of rankings depends on it
    resume = Resume{*std::move(reused), Resume::Mode::reuse, milliseconds(0)};
  }
  auto info = streams_.prepare(std::move(what));
  return PreparedTask{std::move(info), *std::move(assignment), std::move(resume)};
}

}  // namespace plenum::task
