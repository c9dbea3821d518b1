// Submit, cancel and find tasks: joins stream and workflow. Every call may come from any thread
// unless it says otherwise.
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
#include "server/task/conversations.h"
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

enum class CancelOutcome : std::uint8_t { stopping, already_finished };
// What becomes of tasks that an earlier process left unfinished.
enum class OnRestart : std::uint8_t { resume, interrupt };
enum class SkipOutcome : std::uint8_t { skipping, nothing_open, not_a_member, already_finished };

struct TaskServiceOptions {
  redaction::Scrubber scrubber{};
  std::shared_ptr<core::AnswerCache> cache{};  // null: every task is worked on
  std::int64_t conversation_tokens = 8'000;    // of earlier turns that prompts show; 0: none
};

class TaskService {
 public:
  // providers: one for each loop, in the order of the loops; all references must outlive the service.
  TaskService(runtime::EventLoopGroup& loops, stream::StreamManager& streams, const workflow::TaskPlanner& planner,
              std::vector<core::Providers*> providers, TaskServiceOptions options = {});
  ~TaskService();  // the loops must have stopped

  // Validates and plans a task, and draws its id and times. Configured keys are redacted from it first; the run
  // reports that. Nothing is stored. May read the conversation from disk.
  tl::expected<PreparedTask, RejectedTask> prepare(TaskSpec spec) const;
  // A new task that repeats a finished one from a given step; completed steps before it are reused.
  tl::expected<PreparedTask, RejectedTask> prepare_retry(const stream::Stream& earlier, workflow::RetryFrom from) const;
  // Opens the stream and posts the run to its owner loop. When this returns, the task is durable, together with the
  // response to its Idempotency-Key if there is one, and its id resolves on every route. Fails with busy or with the
  // error of the store; the task then does not exist.
  Result<std::shared_ptr<stream::Stream>> start(PreparedTask prepared,
                                                const std::optional<core::KeyedResponse>& response = {});
  // Once, before the loops run: takes up the tasks that an earlier process left unfinished.
  Result<void> recover(OnRestart how);
  // Idempotent. After this returns with `stopping` no new upstream call starts once the owner loop has
  // turned, and open ones are closed there.
  CancelOutcome cancel(const std::shared_ptr<stream::Stream>& stream, std::string by, std::string reason);
  // Cancels the task if it still runs, and removes it with everything that is kept of it.
  Result<void> remove(const std::shared_ptr<stream::Stream>& stream);
  // Ends what is open of one member, so that the task goes on without it. What the outcome says is what
  // the stream shows now: a member may answer in the moment in which it is skipped.
  SkipOutcome skip(const std::shared_ptr<stream::Stream>& stream, std::string member);
  // Cancels the tasks that asked for it (`on_abandon`) and that nobody has read or polled for so long.
  // Call it every few seconds, from one thread.
  void cancel_abandoned(SteadyTime now);
  // From now on prepare fails with `draining`.
  void begin_drain() { draining_.store(true); }
  bool draining() const { return draining_.load(); }
  // Ends every unfinished run as cancelled by the server. The streams keep what was produced.
  void stop_all(std::string_view reason);
  // Drops what still runs without a word. Only when the loops have stopped, before they are destroyed.
  void drop_runs();

  stream::StreamManager& streams() const { return streams_; }
  const workflow::TaskPlanner& planner() const { return planner_; }

 private:
  // The runs at home on one loop.
  struct Desk {
    struct Entry {
      std::shared_ptr<stream::Stream> stream;  // what the run speaks into stays as long as the run
      std::unique_ptr<workflow::Run> run;
    };
    core::Providers* providers = nullptr;      // set once; used only by the owner loop
    std::unordered_map<StreamId, Entry> runs;  // only the owner loop
  };
  Desk& desk_of(const StreamId& id);
  tl::expected<workflow::ConversationWindow, ValidationError> turns_before(const TaskSpec& spec) const;
  void stop_run(const std::shared_ptr<stream::Stream>& stream, std::string by, std::string reason);
  void look_in_cache(workflow::Assignment& assignment, const TaskSpec& spec) const;
  void begin(std::shared_ptr<stream::Stream> stream, workflow::Assignment assignment,
             std::optional<workflow::Resume> from);
  // --- going on (recovery.cpp) ---
  Result<workflow::Assignment> assigned_again(const stream::StreamInfo& facts) const;
  void take_up(const stream::RecoveredStream& unfinished, OnRestart how);

  runtime::EventLoopGroup& loops_;            // set once
  stream::StreamManager& streams_;            // set once
  const workflow::TaskPlanner& planner_;      // set once
  const TaskServiceOptions options_;          // set once
  Conversations conversations_;               // any thread
  std::vector<std::unique_ptr<Desk>> desks_;  // set once; each only on its loop
  std::atomic<bool> draining_{false};         // any thread
};

}  // namespace plenum::task
