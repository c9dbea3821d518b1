// One task's event stream: queue in, numbered log, head, observers out. It lives on its owner loop;
// what other threads may touch says so.
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
#include "server/stream/event_queue.h"
#include "server/stream/stream_info.h"
#include "server/stream/stream_state.h"

namespace plenum::stream {

class Stream;

// Hears when there is more to read. Called on the owner loop, from the drain, once per turn.
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  // Frames after `before` have become visible. A observer may remove itself here, never another.
  virtual void on_events_published(Stream& stream, std::uint64_t before) = 0;
  // The stream is being removed (reaped or purged) and has forgotten its observers already.
  virtual void on_removed(Stream& stream) = 0;
};

struct StreamLimits {
  std::size_t queue_events_max = 65'536;  // waiting in the queue
  // Neighbouring deltas of one chunk that wait together become one event of at most so many bytes; 0: never.
  std::size_t join_bytes_max = 4 * 1024;
  // Keys were taken out where they came in; here is where nothing gets past in any other way.
  redaction::Scrubber scrubber{};
};

// Sums over all streams, kept by the streams themselves so that asking costs nothing. Any thread.
struct StreamTotals {
  std::atomic<std::size_t> unfinished{0};
  std::atomic<std::size_t> log_bytes{0};
  std::atomic<int> subscribers{0};
  std::function<void()> on_idle{};  // set once; after the last unfinished stream, or the last subscriber, has ended

  void end_unfinished() {
    if (unfinished.fetch_sub(1) == 1 && on_idle) on_idle();
  }
  void add_subscribers(int change) {
    if (subscribers.fetch_add(change) + change == 0 && on_idle) on_idle();
  }
};

// What a stream is made of besides its info.
struct StreamDependencies {
  std::string epoch;
  std::unique_ptr<core::EventLog> log;  // holds what was recorded already
  // Where its events must be kept before anybody sees them; null: nowhere. Used on the owner loop.
  core::DurableWriter* durable_writer = nullptr;
  StreamState state{};  // of what the log holds
};

class Stream final : public core::EventSink, public std::enable_shared_from_this<Stream> {
 public:
  Stream(StreamInfo info, runtime::EventLoop& owner_loop, StreamDependencies parts, StreamLimits limits,
         std::shared_ptr<StreamTotals> totals);
  ~Stream() override;

  // --- any thread ---
  const StreamInfo& info() const { return info_; }
  const StreamId& id() const { return info_.id; }
  runtime::EventLoop& owner_loop() const { return owner_loop_; }
  const EventEncoder& encoder() const { return encoder_; }
  // Its one producer only; on any thread. After a terminal event nothing more is taken.
  [[nodiscard]] bool push(Event event) override;
  // Number of the newest visible event; 0 before the first.
  std::uint64_t head() const { return head_.load(std::memory_order_acquire); }
  // True once the terminal event is visible; head() is then final.
  bool finished() const { return finished_.load(std::memory_order_acquire); }
  TaskStatus status() const { return status_.load(std::memory_order_acquire); }
  // Reads the folded state under its lock. Never older than any event that a reader has seen.
  template <class F>
  decltype(auto) with_state(F&& f) const {
    return state_.with(std::forward<F>(f));
  }
  // Somebody looked: the idle hour starts anew.
  void touch();
  int subscribers() const { return subscribers_.load(std::memory_order_relaxed); }
  void add_subscribers(int change) {
    subscribers_.fetch_add(change, std::memory_order_relaxed);
    totals_->add_subscribers(change);
  }
  // Somebody holds a request open that waits for this stream.
  void add_waiters(int change) { waiting_.fetch_add(change, std::memory_order_relaxed); }
  // Since when nobody reads it, waits for it or has asked for it; nothing while somebody does. Steady time.
  std::optional<SteadyTime> unattended_since() const;
  // When it became idle (terminal and without readers); nothing while it is not. Steady time.
  std::optional<SteadyTime> idle_since() const;
  // What ends when this stream is left idle: created_at or the last use, plus ttl.
  WallTime expires_at(WallTime wall_now, SteadyTime now) const;
  // Memory that grows with what was asked and said: the task, the log, the folded texts.
  std::size_t bytes_held() const { return bytes_held_.load(std::memory_order_relaxed); }
  // For frames that belong to a connection and not to the log: the time, and no number.
  EventStamp control_stamp() const;
  std::size_t queue_depth() const { return queued_.load(std::memory_order_relaxed); }
  // The oldest event that is held.
  std::uint64_t first_seq() const { return first_seq_.load(std::memory_order_acquire); }
  // Set before a cancel is posted, so that nothing new is begun between the caller's answer and the
  // turn in which the cancel is carried out.
  void request_cancel() { cancel_requested_.store(true, std::memory_order_release); }
  bool accepting() const override { return !cancel_requested_.load(std::memory_order_acquire); }

  // --- only the owner loop; once it has finished, any thread ---
  core::FrameSpan frames_after(std::uint64_t seq, std::size_t bytes_max) const {
    return log_->frames_after(seq, bytes_max);
  }
  // --- only the owner loop ---
  // The observer must stay until unwatch() or until it was told on_removed().
  void watch(StreamObserver& observer) { observers_.push_back(&observer); }
  void unwatch(StreamObserver& observer);
  // Called once when the log is full: the run must end itself with this error. Set by the run's owner.
  void on_log_full(std::function<void(const Error&)> handler) { log_full_ = std::move(handler); }
  // Tells every observer that the stream goes away. Called by the manager, once.
  void remove();

 private:
  // Events that have their numbers and frames and are not visible yet.
  struct Batch {
    std::vector<std::unique_ptr<Event>> events;
    std::shared_ptr<const core::Frames> frames;
    EventStamp stamp;  // of the first
  };

  void schedule_drain();
  void drain();
  Batch number(std::vector<std::unique_ptr<Event>>& events);
  void record(Batch batch);
  void publish(Batch& batch);
  void append(Batch& batch);
  void count_bytes(std::size_t text_bytes);
  void join_deltas(std::vector<std::unique_ptr<Event>>& batch) const;
  void notify(std::uint64_t before);

  const StreamInfo info_;                       // set once
  runtime::EventLoop& owner_loop_;              // set once
  const EventEncoder encoder_;                  // set once
  const StreamLimits limits_;                   // set once
  const std::shared_ptr<StreamTotals> totals_;  // set once
  const std::size_t spec_bytes_;                // set once
  std::unique_ptr<EventQueue>
      queue_;  // its one producer pushes; only the owner loop pops; dropped after the terminal event
  std::unique_ptr<core::EventLog> log_;         // only the owner loop
  core::DurableWriter* const durable_writer_;   // set once; used only on the owner loop
  std::deque<Batch> pending_durability_;        // only the owner loop: recorded, and not kept yet
  std::uint64_t numbered_ = 0;                  // only the owner loop: the newest number that was given
  TaskProgress progress_;                       // only the owner loop: of what was numbered
  std::vector<StreamObserver*> observers_;      // only the owner loop; null while removed in a notification
  bool notifying_ = false;                      // only the owner loop
  std::function<void(const Error&)> log_full_;  // only the owner loop
  runtime::Guarded<StreamState> state_;         // guarded; only the owner loop writes
  std::atomic<std::uint64_t> head_{0};          // any thread reads; only the owner loop moves it
  std::atomic<std::uint64_t> first_seq_{1};     // any thread reads; only the owner loop moves it
  std::atomic<bool> finished_{false};           // any thread reads; only the owner loop sets it
  std::atomic<TaskStatus> status_{TaskStatus::initializing};  // any thread reads; only the owner loop sets it
  std::atomic<bool> closed_to_pushes_{false};                 // any thread reads; only the producer sets it
  std::atomic<bool> drain_scheduled_{false};                  // any thread
  std::atomic<std::size_t> queued_{0};         // any thread: our own bound, the library's count is only a hint
  std::atomic<int> subscribers_{0};            // any thread
  std::atomic<int> waiting_{0};                // any thread
  std::atomic<bool> cancel_requested_{false};  // any thread
  std::atomic<std::int64_t> last_use_ns_;      // any thread; steady
  std::atomic<std::size_t> bytes_held_{0};     // any thread reads; only the owner loop writes
};

}  // namespace plenum::stream
