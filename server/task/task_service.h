// Submit, cancel and find tasks: joins stream and workflow. Every call may come from any thread
// unless it says otherwise.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <variant>
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

struct Accepted {
  std::shared_ptr<stream::Stream> stream;
  std::vector<MemberRef> members;
};

// Refused: one error, or every fault of the request.
struct Refused {
  Error error;
  std::vector<ValidationError> faults;
};

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
  TaskService(runtime::EventLoopGroup& loops, stream::StreamManager& streams, const workflow::TaskPlanner& engine,
              std::vector<core::Providers*> providers, TaskServiceOptions options = {});
  ~TaskService();  // the loops must have stopped

  // Takes configured keys out of the task before anything keeps it; the run says so.
  // Opens the stream and posts the run to its owner loop; the id resolves everywhere when this returns.
  // answer: what the caller will be told, to be kept with the task if a key asks for it again.
  using AnswerMaker = std::function<std::optional<core::KeyedResponse>(const Accepted&)>;
  std::variant<Accepted, Refused> submit(TaskSpec spec, const AnswerMaker& answer = {});
  // A new task that does an earlier one again, from the step that is named on; what had ended well before it
  // is taken over. The stream must have finished.
  std::variant<Accepted, Refused> retry(const stream::Stream& earlier, workflow::RetryFrom from,
                                        const AnswerMaker& answer = {});
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
  // From now on submit answers `draining`.
  void begin_drain() { draining_.store(true); }
  bool draining() const { return draining_.load(); }
  // Ends every unfinished run as cancelled by the server. The streams keep what was produced.
  void stop_all(std::string_view reason);
  // Drops what still runs without a word. Only when the loops have stopped, before they are destroyed.
  void drop_runs();

  stream::StreamManager& streams() const { return streams_; }
  const workflow::TaskPlanner& engine() const { return planner_; }

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
  tl::expected<workflow::Turns, ValidationError> turns_before(const TaskSpec& spec) const;
  void stop_run(const std::shared_ptr<stream::Stream>& stream, std::string by, std::string reason);
  void look_in_cache(workflow::Assignment& assignment, const TaskSpec& spec) const;
  // Opens the stream and posts its run.
  std::variant<Accepted, Refused> open(stream::NewStream what, workflow::Assignment assignment,
                                       std::optional<workflow::Resume> from, const AnswerMaker& answer);
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
