#include "server/workflow/run/restore/run_restorer.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "common/base/overloaded.h"
#include "server/workflow/run/restore/cached_run.h"

namespace plenum::workflow {

namespace {

// The run had begun to end, and closed the chunk for that reason.
bool was_closed_with_run(const ChunkCompleted& completed) {
  return completed.status == ChunkStatus::cancelled ||
         (completed.status == ChunkStatus::timeout && completed.error &&
          completed.error->code == row_of(ErrorCode::deadline_exceeded).name);
}

// The fact that made the run end, read from a chunk that was closed with it.
Fact ending_of(const ChunkCompleted& completed) {
  const ErrorInfo error = completed.error.value_or(error_info(Error{}));
  constexpr std::string_view prefix = "cancelled by ";
  std::string_view why = error.message;
  if (error.code != row_of(ErrorCode::cancelled).name || !why.starts_with(prefix)) {
    return RunFailed{error, completed.status};
  }
  why.remove_prefix(prefix.size());
  const auto colon = why.find(": ");
  const std::string_view reason = colon == std::string_view::npos ? "" : why.substr(colon + 2);
  return CancelRequested{std::string(why.substr(0, colon)), std::string(reason)};
}

class RunRestorer {
 public:
  RunRestorer(RunState& state, const Resume& from) : state_(state), from_(from), recorded_(from.recorded) {}

  tl::expected<std::vector<Event>, std::string> restore() {
    if (from_.same_stream() && recorded_.started && members() != recorded_.members) {
      return tl::unexpected(std::string("its members have changed"));
    }
    for (const RunMark& mark : recorded_.order) {
      const auto step = state_.outputs().step_named(mark.chunk);
      if (!step) return tl::unexpected(fmt::format("there is no step \"{}\"", mark.chunk));
      const RecordedChunk& chunk = recorded_.chunks.at(mark.chunk);
      if (auto misfit = mark.ended ? end_chunk(*step, chunk) : start_chunk(*step, chunk)) {
        return tl::unexpected(*std::move(misfit));
      }
    }
    return std::move(missing_);
  }

 private:
  std::vector<MemberRef> members() const {
    std::vector<MemberRef> members;
    for (const AssignedMember& member : state_.outputs().assignment().members) {
      members.push_back({member.id, member.model});
    }
    return members;
  }

  // Both return what does not fit, if anything.
  std::optional<std::string> start_chunk(StepIndex step, const RecordedChunk& chunk) {
    if (!state_.scheduler().ready().contains(step)) {
      return fmt::format("\"{}\" could not have started yet", chunk.source.chunk);
    }
    const bool fits = from_.same_stream() ? replay_attempts(step, chunk) : start_with_substitute(step, chunk);
    const AssignedMember& member = state_.open_chunk(step).member;
    if (fits && member.id == chunk.source.member && member.model == chunk.source.model) return std::nullopt;
    return fmt::format("\"{}\" may not be answered by {}", chunk.source.chunk, chunk.source.member);
  }

  // False when the fallback chain has changed.
  bool replay_attempts(StepIndex step, const RecordedChunk& chunk) {
    const int first_attempt = chunk.attempts.empty() ? chunk.source.attempt : chunk.attempts.front().source.attempt;
    apply(StepStarted{step, chunk.source.chunk_number, first_attempt});
    bool reserved = false;
    for (std::size_t i = 0; i < chunk.attempts.size(); ++i) {
      const RecordedAttempt& attempt = chunk.attempts[i];
      if (!reserved) reserve(step, attempt.reserved);
      const OpenChunk& open = state_.open_chunk(step);
      if (attempt.source.member != open.member.id) return false;
      const std::string& next =
          i + 1 < chunk.attempts.size() ? chunk.attempts[i + 1].source.member : chunk.source.member;
      if (attempt.continues) {
        // Its text and request are not needed: the call that followed it is not made again by itself.
        apply(FollowUpStarted{step,
                              {*attempt.continues, {}, {}},
                              {},
                              attempt.usage,
                              attempt.cost,
                              attempt.latency_ms,
                              attempt.finish_reason,
                              attempt.generation});
        reserved = false;
        continue;
      }
      const bool fallback = attempt.follow_up == AttemptFollowUp::fallback;
      if (fallback && (open.fallbacks.empty() || open.fallbacks.front().id != next)) return false;
      AttemptFailed failed{
          step,         attempt.follow_up, ErrorInfo{"", attempt.reason, "", false, {}}, attempt.status, attempt.usage,
          attempt.cost, attempt.latency_ms};
      failed.generation = attempt.generation;
      apply(std::move(failed));
      reserved = attempt.follow_up == AttemptFollowUp::retry;  // which renews its reservation
    }
    if (!reserved) reserve(step, chunk.reserved);
    return true;
  }

  // In a new stream the chunk starts with the member that completed it. False as above.
  bool start_with_substitute(StepIndex step, const RecordedChunk& chunk) {
    StepStarted started{step};
    for (const RecordedAttempt& attempt : chunk.attempts) {
      if (attempt.follow_up == AttemptFollowUp::fallback) started.earlier_failures.push_back(attempt.reason);
    }
    const auto chain = state_.outputs().assignment().fallbacks_of(state_.outputs().steps()[step]).size();
    const bool fits = started.earlier_failures.size() <= chain;
    apply(std::move(started));
    return fits;
  }

  // A call of the earlier run keeps its share of the cost cap.
  void reserve(StepIndex step, const std::optional<CallBound>& bound) {
    if (bound && state_.budget().budget().capped()) apply(CallReserved{step, *bound});
  }

  std::optional<std::string> end_chunk(StepIndex step, const RecordedChunk& chunk) {
    const auto open = state_.open_chunks().find(step);
    if (open == state_.open_chunks().end()) return fmt::format("\"{}\" ended before it started", chunk.source.chunk);
    ChunkCompleted completed = *chunk.completed;
    if (completed.status == ChunkStatus::ok && ranks_unknown_answers(step, completed.label_order)) {
      return fmt::format("\"{}\" ranks answers that do not exist", chunk.source.chunk);
    }
    if (was_closed_with_run(completed) && !state_.pending_close()) apply(ending_of(completed));
    if (!from_.same_stream()) {
      completed = as_cached(std::move(completed));
      if (!completed.output.empty()) {
        missing_.push_back({TokenStream{completed.output, TokenKind::text}, open->second.source});
      }
    }
    apply(ChunkFinished{step, std::move(completed)});
    return std::nullopt;
  }

  bool ranks_unknown_answers(StepIndex step, const std::vector<std::string>& members) const {
    if (!state_.outputs().steps()[step].kind->labels_first_input) return false;
    const auto labeled = state_.outputs().resolve_labels(step, members, state_.scheduler());
    for (std::size_t label = 0; label < members.size(); ++label) {
      if (!members[label].empty() && !labeled[label]) return true;
    }
    return false;
  }

  void apply(Fact fact) {
    Effects effects = state_.apply(std::move(fact), from_.elapsed);
    for (Event& event : effects.events) {
      if (event.type() == EventType::task_progress) {
        progress_ = std::move(event);  // reported once, at the end
        continue;
      }
      // A run that ends here still reports its progress first.
      if (event.terminal()) missing_.push_back(std::move(progress_));
      if (is_missing(event)) missing_.push_back(std::move(event));
    }
  }

  bool is_missing(const Event& event) const {
    if (!from_.same_stream() || event.terminal()) return true;
    return std::visit(Overloaded{
                          [&](const MetricsPartial& metrics) { return recorded_.stages.count(metrics.stage) == 0; },
                          [&](const SystemMessage& message) {
                            return event.source != nullptr &&
                                   recorded_.chunks.at(event.source->chunk).codes.count(message.code) == 0;
                          },
                          [](const auto&) { return false; },  // the fact was read from this very event
                      },
                      event.payload);
  }

  RunState& state_;
  const Resume& from_;
  const RecordedRun& recorded_;
  std::vector<Event> missing_;
  Event progress_{TaskProgress{}, nullptr};  // the latest
};

}  // namespace

tl::expected<std::vector<Event>, std::string> restore_run(RunState& state, const Resume& from) {
  return RunRestorer(state, from).restore();
}

}  // namespace plenum::workflow
