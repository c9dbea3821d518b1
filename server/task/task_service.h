// Prepares, starts, cancels and resumes tasks: joins stream and workflow. Any thread, unless a member states
// otherwise.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/event_loop_group.h"
#include "server/stream/stream_manager.h"
#include "server/task/derived_data.h"
#include "server/workflow/planning/task_planner.h"
#include "server/workflow/run/restore/reused_run.h"
#include "server/workflow/run/run.h"

namespace plenum::task {

// A task that was validated and planned. It has an id and times, and is not stored yet.
struct PreparedTask {
  stream::StreamInfo info;
  workflow::Assignment assignment;
  std::optional<workflow::Resume> resume{};  // of a retry: the recorded run to continue from
};

// Why a task cannot be prepared: one error, and every fault of the request.
struct RejectedTask {
  Error error;
  std::vector<ValidationError> faults;
};
inline tl::unexpected<RejectedTask> rejected(Error error, std::vector<ValidationError> faults = {}) {
  return tl::unexpected(RejectedTask{std::move(error), std::move(faults)});
}
inline Error shutting_down() { return {ErrorCode::draining, "The server is shutting down."}; }

struct RetryRequest {
  workflow::RetryFrom from = workflow::RetryFrom::all;
  int rounds = 1;  // from `rounds`: how many to add
};

// not_stored: it stops, but after a restart before its end is stored it would continue.
enum class CancelOutcome : std::uint8_t { stopping, not_stored, already_finished };
// How tasks that an earlier process did not finish are treated at startup.
enum class OnRestart : std::uint8_t { resume, interrupt };
enum class SkipOutcome : std::uint8_t { skipping, nothing_open, not_a_member, already_finished };

struct TaskServiceOptions {
  redaction::Scrubber scrubber{};
  std::shared_ptr<core::AnswerCache> cache{};               // null: no cache
  std::optional<workflow::SimilarityOptions> similarity{};  // absent: only identical tasks share an answer
  std::int64_t conversation_tokens = 8'000;                 // budget of earlier turns in prompts; 0: none
  std::size_t answer_bytes_max = 8U << 20;                  // of the text of one chunk
};

// As prompts name it: YYYY-MM-DD in UTC.
std::string date_of(WallTime time);

class TaskService {
 public:
  // providers: one for each loop, in the order of the loops; all references must outlive the service.
  TaskService(runtime::EventLoopGroup& loops, stream::StreamManager& streams, const workflow::TaskPlanner& planner,
              std::vector<core::Providers*> providers, TaskServiceOptions options = {});
  ~TaskService();  // the loops must have stopped

  // Validates and plans a task, and draws its id and times. Configured keys are redacted from it first; the run
  // reports that. Nothing is stored. May read the conversation from disk.
  tl::expected<PreparedTask, RejectedTask> prepare(TaskSpec spec) const;
  // A new task that repeats a finished one from a given step, or adds rounds to it; completed steps before it are
  // reused.
  tl::expected<PreparedTask, RejectedTask> prepare_retry(const stream::Stream& earlier, const RetryRequest& how) const;
  // Opens the stream and posts the run to its owner loop. When this returns, the task is durable, together with the
  // response to its Idempotency-Key if there is one, and its id resolves on every route. Fails with busy or with the
  // error of the store; the task then does not exist.
  Result<std::shared_ptr<stream::Stream>> start(PreparedTask prepared,
                                                const std::optional<core::KeyedResponse>& response = {});
  // Once, before the loops run: resumes or ends the tasks that an earlier process did not finish.
  Result<void> recover(OnRestart how);
  // Idempotent. After `stopping` the owner loop starts no new upstream call from its next iteration on and closes
  // the open ones.
  CancelOutcome cancel(const std::shared_ptr<stream::Stream>& stream, std::string by, std::string reason);
  // Cancels the task if it is running, and removes it with all its data, derived data included. If the store fails, the
  // task remains, cancelled and without derived data; the call can be repeated.
  Result<void> remove(const std::shared_ptr<stream::Stream>& stream);
  // Removes all tasks of the conversation likewise, its turns and its title. Fails with not_found, or with the error of
  // the store; the call can be repeated. Returns the ids of the tasks.
  Result<std::vector<StreamId>> remove_conversation(const std::string& id);
  // Ends the open chunks of one member; the task continues without it. The outcome reflects the state at the time
  // of the call: the member may complete before the owner loop handles the skip.
  SkipOutcome skip(const std::shared_ptr<stream::Stream>& stream, std::string member);
  // Cancels the tasks with `on_abandon: cancel` that had no subscriber and no poll for their `after_s`. Call it every
  // few seconds, from one thread.
  void cancel_abandoned(SteadyTime now);
  // From now on prepare fails with `draining`.
  void begin_drain() { draining_.store(true); }
  bool draining() const { return draining_.load(); }
  // Cancels every unfinished run; the results contain what was produced.
  void stop_all(std::string_view reason);
  // Discards unfinished runs without a terminal event; a durable store resumes them at the next start. Only after the
  // loops have stopped and before they are destroyed.
  void discard_runs();

  stream::StreamManager& streams() const { return streams_; }
  const workflow::TaskPlanner& planner() const { return planner_; }

 private:
  // The runs that one loop owns.
  struct LoopRuns {
    struct Entry {
      std::shared_ptr<stream::Stream> stream;  // outlives the run that writes to it
      std::unique_ptr<workflow::Run> run;
    };
    core::Providers* providers = nullptr;      // set once; owner loop only
    std::unordered_map<StreamId, Entry> runs;  // owner loop only
  };
  LoopRuns& runs_for(const StreamId& id);
  tl::expected<workflow::ConversationWindow, ValidationError> load_conversation(const TaskSpec& spec) const;
  void prepare_removal(const std::shared_ptr<stream::Stream>& stream);
  void stop_run(const std::shared_ptr<stream::Stream>& stream, std::string by, std::string reason);
  void begin(std::shared_ptr<stream::Stream> stream, workflow::Assignment assignment,
             std::optional<workflow::Resume> from);
  // --- restart and retry (task_recovery.cpp) ---
  Result<workflow::Assignment> reassign(const stream::StreamInfo& facts) const;
  void resume_or_end(const stream::RecoveredStream& unfinished, OnRestart how);

  runtime::EventLoopGroup& loops_;                    // set once
  stream::StreamManager& streams_;                    // set once
  const workflow::TaskPlanner& planner_;              // set once
  const TaskServiceOptions options_;                  // set once
  DerivedData derived_;                               // any thread
  std::vector<std::unique_ptr<LoopRuns>> loop_runs_;  // set once; each only on its loop
  std::atomic<bool> draining_{false};                 // any thread
};

}  // namespace plenum::task
