// The event stream of one task: an input queue, a numbered log, its head, and observers. Owned by one event loop;
// functions and fields that other threads may use are marked.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/protocol/event.h"
#include "server/core/event_log.h"
#include "server/core/event_sink.h"
#include "server/core/event_store.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/guarded.h"
#include "server/runtime/memory_budget.h"
#include "server/stream/event_queue.h"
#include "server/stream/stream_info.h"
#include "server/stream/stream_state.h"

namespace plenum::stream {

class Stream;

// Notified of new events. Called on the owner loop, once per drain.
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  // Frames after `before` are visible. An observer may remove itself here, but no other observer.
  virtual void on_events_published(Stream& stream, std::uint64_t before) = 0;
  // The stream is being removed (evicted or deleted); its observers are already detached.
  virtual void on_removed(Stream& stream) = 0;
};

struct StreamLimits {
  std::size_t queue_events_max = 65'536;  // in the queue
  // Adjacent deltas of one chunk are merged into one event of at most this size; 0: never.
  std::size_t merge_bytes_max = 4 * 1024;
  // The last redaction before events become durable or visible; keys in requests and responses are redacted earlier.
  redaction::Scrubber scrubber{};
};

// Sums over all streams, updated by the streams, so that reading them is cheap. Any thread.
struct StreamTotals {
  std::atomic<std::size_t> unfinished{0};
  // The tasks and logs of all streams are charged to it.
  std::shared_ptr<runtime::MemoryBudget> memory = std::make_shared<runtime::MemoryBudget>();
  std::atomic<int> subscribers{0};
  std::function<void()> on_idle{};  // set once; called after the last unfinished stream or subscriber has ended

  std::size_t log_bytes() const { return memory->used(runtime::MemoryKind::tasks); }
  void end_unfinished() {
    if (unfinished.fetch_sub(1) == 1 && on_idle) on_idle();
  }
  void add_subscribers(int change) {
    if (subscribers.fetch_add(change) + change == 0 && on_idle) on_idle();
  }
};

// What a stream needs besides its info.
struct StreamDependencies {
  std::string epoch;
  std::unique_ptr<core::EventLog> log;  // with the events so far
  // Makes events durable before they become visible; null without persistence. Owner loop only.
  core::DurableWriter* durable_writer = nullptr;
  StreamState state{};  // after the events of the log
};

class Stream final : public core::EventSink, public std::enable_shared_from_this<Stream> {
 public:
  Stream(StreamInfo info, runtime::EventLoop& owner_loop, StreamDependencies dependencies, StreamLimits limits,
         std::shared_ptr<StreamTotals> totals);
  ~Stream() override;

  // --- any thread ---
  const StreamInfo& info() const { return info_; }
  const StreamId& id() const { return info_.id; }
  runtime::EventLoop& owner_loop() const { return owner_loop_; }
  const EventEncoder& encoder() const { return encoder_; }
  // Its producer only, on any thread. After the terminal event, every push is rejected.
  [[nodiscard]] bool push(Event event) override;
  // Number of the newest visible event; 0 if there is none.
  std::uint64_t head() const { return head_.load(std::memory_order_acquire); }
  // True once the terminal event is visible; head() is then final.
  bool finished() const { return finished_.load(std::memory_order_acquire); }
  TaskStatus status() const { return status_.load(std::memory_order_acquire); }
  // Reads the state under its lock. Never older than an event that a subscriber has received.
  template <class F>
  decltype(auto) with_state(F&& f) const {
    return state_.with(std::forward<F>(f));
  }
  // Records an access: the idle time restarts.
  void touch();
  int subscribers() const { return subscribers_.load(std::memory_order_relaxed); }
  void add_subscribers(int change) {
    subscribers_.fetch_add(change, std::memory_order_relaxed);
    totals_->add_subscribers(change);
  }
  // Requests that wait for an event or the end of this stream.
  void add_waiters(int change) { waiters_.fetch_add(change, std::memory_order_relaxed); }
  // Since when it has no subscriber, no waiting request and no access; nullopt while it has one. Steady time.
  std::optional<SteadyTime> unattended_since() const;
  // Since when it is idle (finished and unattended); nullopt while it is not. Steady time.
  std::optional<SteadyTime> idle_since() const;
  // When its retention passes if there is no further access, and when it is evicted from memory.
  WallTime expires_at(WallTime wall_now, SteadyTime now) const { return unused_for(info_.retention, wall_now, now); }
  WallTime memory_expires_at(WallTime wall_now, SteadyTime now) const {
    return unused_for(info_.memory_ttl, wall_now, now);
  }
  // Memory that grows with input and output: the task, the log, the texts of the state.
  std::size_t bytes_held() const { return bytes_held_.load(std::memory_order_relaxed); }
  // For frames that are not part of the log: the time, without a number.
  EventStamp control_stamp() const;
  std::size_t queue_depth() const { return queued_.load(std::memory_order_relaxed); }
  // The oldest available event.
  std::uint64_t first_seq() const { return first_seq_.load(std::memory_order_acquire); }
  // Set before a cancel is posted to the owner loop, so that no provider call starts between the response to the
  // client and the iteration that carries out the cancel.
  void request_cancel() { cancel_requested_.store(true, std::memory_order_release); }
  bool accepting() const override { return !cancel_requested_.load(std::memory_order_acquire); }
  // A client deletes the stream: from now on unless_deleted() does nothing, and no call of it is in progress.
  void mark_deleted() {
    deleted_.with([](bool& deleted) { deleted = true; });
  }
  // For what a task stores outside of its stream: calls f unless the stream is deleted.
  template <class F>
  void unless_deleted(F&& f) const {
    deleted_.with([&](bool deleted) {
      if (!deleted) f();
    });
  }

  // --- owner loop only; once finished, any thread ---
  core::FrameSpan frames_after(std::uint64_t seq, std::size_t bytes_max) const {
    if (!finished()) owner_loop_.assert_on_thread();
    return log_->frames_after(seq, bytes_max);
  }
  // --- owner loop only ---
  // The observer must exist until unwatch() or on_removed().
  void watch(StreamObserver& observer);
  void unwatch(StreamObserver& observer);
  // Called once, when the log is full: the run must end with this error.
  void on_log_full(std::function<void(const Error&)> handler);
  // Notifies and detaches every observer. Called once, by the stream table.
  void remove();

 private:
  // Numbered and encoded events that are not visible yet.
  struct Batch {
    std::vector<std::unique_ptr<Event>> events;
    std::shared_ptr<const core::Frames> frames;
    EventStamp stamp;  // of the first
  };

  void schedule_drain();
  void drain();
  Batch number(std::vector<std::unique_ptr<Event>>& events);
  void make_durable(Batch batch);
  void publish(Batch& batch);
  WallTime unused_for(seconds time, WallTime wall_now, SteadyTime now) const;
  void append(Batch& batch);
  void count_bytes(std::size_t text_bytes, bool over);
  void merge_deltas(std::vector<std::unique_ptr<Event>>& batch) const;
  void notify(std::uint64_t before);

  const StreamInfo info_;                       // set once
  runtime::EventLoop& owner_loop_;              // set once
  const EventEncoder encoder_;                  // set once
  const StreamLimits limits_;                   // set once
  const std::shared_ptr<StreamTotals> totals_;  // set once
  const std::size_t spec_bytes_;                // set once
  std::unique_ptr<EventQueue> queue_;    // its producer pushes; the owner loop pops; destroyed after the terminal event
  std::unique_ptr<core::EventLog> log_;  // owner loop only
  core::DurableWriter* const durable_writer_;                 // set once; used only on the owner loop
  std::deque<Batch> pending_durability_;                      // owner loop only: not durable yet
  std::uint64_t numbered_ = 0;                                // owner loop only: the newest assigned number
  TaskProgress progress_;                                     // owner loop only: after the newest numbered event
  std::vector<StreamObserver*> observers_;                    // owner loop only; null if removed during a notification
  bool notifying_ = false;                                    // owner loop only
  std::function<void(const Error&)> log_full_;                // owner loop only
  runtime::Guarded<StreamState> state_;                       // guarded; the owner loop writes
  runtime::Guarded<bool> deleted_{false};                     // guarded
  std::atomic<std::uint64_t> head_{0};                        // any thread reads; the owner loop writes
  std::atomic<std::uint64_t> first_seq_{1};                   // any thread reads; the owner loop writes
  std::atomic<bool> finished_{false};                         // any thread reads; the owner loop writes
  std::atomic<TaskStatus> status_{TaskStatus::initializing};  // any thread reads; the owner loop writes
  std::atomic<bool> closed_to_pushes_{false};                 // any thread reads; the producer writes
  std::atomic<bool> drain_scheduled_{false};                  // any thread
  std::atomic<std::size_t> queued_{0};                        // any thread; the library's own count is approximate
  std::atomic<int> subscribers_{0};                           // any thread
  std::atomic<int> waiters_{0};                               // any thread
  std::atomic<bool> cancel_requested_{false};                 // any thread
  std::atomic<std::int64_t> last_use_ns_;                     // any thread; steady
  std::atomic<std::size_t> bytes_held_{0};                    // any thread reads; owner loop only writes
};

}  // namespace plenum::stream
