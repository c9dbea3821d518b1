#include "server/stream/stream.h"

#include <algorithm>

#include "server/stream/stored_stream.h"

namespace plenum::stream {

namespace {

std::size_t bytes_of(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts) bytes += sizeof text + text.size();
  return bytes;
}

std::size_t bytes_of(const ModelParameters& parameters) {
  return sizeof parameters + (parameters.stop ? bytes_of(*parameters.stop) : 0) +
         (parameters.response_format ? parameters.response_format->schema_json.size() : 0);
}

std::size_t bytes_of(const TaskParameters& parameters) {
  std::size_t bytes = bytes_of(parameters.common);
  for (const auto* by_name : {&parameters.members, &parameters.roles, &parameters.steps}) {
    for (const auto& [name, of_name] : *by_name) bytes += name.size() + bytes_of(of_name);
  }
  return bytes;
}

// All texts that a client can make large; the fixed part of a task is not counted.
std::size_t bytes_of(const TaskSpec& spec) {
  std::size_t bytes = spec.task.size() + spec.context_json.size() + spec.metadata_json.size() +
                      spec.options_json.size() + spec.prior.question.size() + spec.prior.answer.size() +
                      bytes_of(spec.members) + bytes_of(spec.parameters);
  for (const auto& [name, prompt] : spec.personas) bytes += name.size() + prompt.size();
  for (const auto& [name, chain] : spec.fallback) bytes += name.size() + bytes_of(chain);
  return bytes;
}

constexpr std::size_t typical_frame_bytes = 512;

std::int64_t ns_of(SteadyTime time) { return time.time_since_epoch().count(); }

// Frame by frame, because the ends change.
void scrub_frames(std::string& bytes, std::vector<std::uint32_t>& ends, const redaction::Scrubber& scrubber) {
  const std::string before = std::exchange(bytes, {});
  std::size_t begin = 0;
  for (auto& end : ends) {
    std::string frame = before.substr(begin, end - begin);
    begin = end;
    scrubber.scrub(frame);
    bytes += frame;
    end = static_cast<std::uint32_t>(bytes.size());
  }
}

}  // namespace

Stream::Stream(StreamInfo info, runtime::EventLoop& owner_loop, StreamDependencies dependencies, StreamLimits limits,
               std::shared_ptr<StreamTotals> totals)
    : info_(std::move(info)),
      owner_loop_(owner_loop),
      encoder_(info_.id, std::move(dependencies.epoch), info_.spec.message_id, info_.spec.conversation_id),
      limits_(limits),
      totals_(std::move(totals)),
      spec_bytes_(bytes_of(info_.spec) + info_.plan.json.size()),
      log_(std::move(dependencies.log)),
      durable_writer_(dependencies.durable_writer),
      numbered_(log_->last_seq()),
      progress_(dependencies.state.progress),
      state_(std::move(dependencies.state)),
      last_use_ns_(ns_of(owner_loop_.clock().steady())) {
  std::size_t text_bytes = 0;
  state_.with([&](const StreamState& state) {
    status_.store(state.status);
    text_bytes = state.text_bytes;
  });
  head_.store(numbered_);
  first_seq_.store(log_->first_seq());
  const bool over = is_terminal(status_.load());
  finished_.store(over);
  closed_to_pushes_.store(over);
  if (!over) {
    queue_ = std::make_unique<EventQueue>();
    totals_->unfinished.fetch_add(1, std::memory_order_relaxed);
  }
  count_bytes(text_bytes, over);
}

Stream::~Stream() {
  if (!finished()) totals_->end_unfinished();
  totals_->memory->remove(runtime::MemoryKind::tasks, bytes_held());
}

bool Stream::push(Event event) {
  if (closed_to_pushes_.load(std::memory_order_relaxed)) return false;
  const bool last = event.terminal();
  // The terminal event is always accepted: a stream that cannot end is worse than a queue with one event more.
  if (!last && queued_.load(std::memory_order_relaxed) >= limits_.queue_events_max) return false;
  queued_.fetch_add(1, std::memory_order_relaxed);
  if (last) closed_to_pushes_.store(true, std::memory_order_relaxed);
  // Once the terminal event is in the queue, the owner loop may destroy it: it must not be used below.
  queue_->push(std::move(event));
  schedule_drain();
  return true;
}

// Deferred to the end of the iteration, so that events that arrive together are numbered, written and sent together.
void Stream::schedule_drain() {
  if (drain_scheduled_.exchange(true, std::memory_order_acq_rel)) return;
  auto work = [self = shared_from_this()] { self->drain(); };
  if (owner_loop_.on_loop_thread()) {
    owner_loop_.defer(std::move(work));
  } else {
    owner_loop_.post(std::move(work));
  }
}

void Stream::drain() {
  owner_loop_.assert_on_thread();
  // Cleared before the queue is emptied: an event pushed from now on schedules another drain. An exchange, not a
  // store: it synchronizes with the producer that found the flag set, whose event the pop below must see.
  drain_scheduled_.exchange(false, std::memory_order_acq_rel);
  if (!queue_) return;
  thread_local std::vector<std::unique_ptr<Event>> batch;
  batch.clear();
  queue_->pop_all(batch);
  if (batch.empty()) return;
  const bool last = batch.back()->terminal();
  if (last) queue_.reset();
  Batch numbered = number(batch);
  if (durable_writer_ != nullptr) return make_durable(std::move(numbered));
  publish(numbered);
  batch = std::move(numbered.events);  // reuses its capacity
  batch.clear();
}

Stream::Batch Stream::number(std::vector<std::unique_ptr<Event>>& events) {
  const std::size_t taken = events.size();
  merge_deltas(events);
  // Merged events leave the queue here; the others when they become visible.
  queued_.fetch_sub(taken - events.size(), std::memory_order_relaxed);
  Batch batch;
  batch.stamp = control_stamp();
  batch.stamp.seq = numbered_ + 1;
  auto frames = std::make_shared<core::Frames>();
  frames->first_seq = numbered_ + 1;
  frames->bytes.reserve(events.size() * typical_frame_bytes);
  EventStamp stamp = batch.stamp;
  for (const auto& event : events) {
    stamp.seq = ++numbered_;
    encoder_.append_frame(frames->bytes, *event, stamp);
    frames->ends.push_back(static_cast<std::uint32_t>(frames->bytes.size()));
  }
  if (limits_.scrubber.may_find_in(frames->bytes)) scrub_frames(frames->bytes, frames->ends, limits_.scrubber);
  batch.frames = std::move(frames);
  batch.events = std::move(events);
  return batch;
}

// Events become visible when they are durable. The end of a step and of the task also survive a power failure.
void Stream::make_durable(Batch batch) {
  core::FrameAppend append{info_.id, batch.frames, false, std::nullopt, {}};
  for (const auto& event : batch.events) {
    if (const auto* progress = std::get_if<TaskProgress>(&event->payload)) progress_ = *progress;
    append.sync |= event->type() == EventType::chunk_completed || event->terminal();
  }
  if (batch.events.back()->terminal()) {
    append.ending = ending_of(*batch.events.back());
    append.ending->at = batch.stamp.time;
    append.ending->total_chunks = progress_.total_chunks;
    append.ending->chunks_completed = progress_.completed;
    if (append.ending->comparison) append.ending->comparison->tag = tag_of(info_.spec);
  }
  append.on_durable = [self = shared_from_this()] {
    Batch durable = std::move(self->pending_durability_.front());
    self->pending_durability_.pop_front();
    self->publish(durable);
  };
  pending_durability_.push_back(std::move(batch));
  durable_writer_->append(std::move(append));
}

void Stream::publish(Batch& batch) {
  const bool last = batch.events.back()->terminal();
  const std::uint64_t before = head_.load(std::memory_order_relaxed);
  append(batch);
  if (last) log_full_ = nullptr;
  notify(before);
  if (log_full_ && log_->full()) {
    const auto handler = std::exchange(log_full_, nullptr);
    handler(Error{ErrorCode::stream_limit, "the task exceeds the size limit of a stream"});
  }
}

void Stream::append(Batch& batch) {
  TaskStatus status{};
  std::size_t text_bytes = 0;
  EventStamp stamp = batch.stamp;
  state_.with([&](StreamState& state) {
    for (const auto& event : batch.events) {
      state.apply(*event, stamp);
      ++stamp.seq;
    }
    status = state.status;
    text_bytes = state.text_bytes;
  });
  log_->append(batch.frames->bytes, batch.frames->ends);
  queued_.fetch_sub(batch.events.size(), std::memory_order_relaxed);
  first_seq_.store(log_->first_seq(), std::memory_order_release);
  const bool last = batch.events.back()->terminal();
  count_bytes(text_bytes, last);
  if (last) touch();
  head_.store(batch.frames->last_seq(), std::memory_order_release);
  status_.store(status, std::memory_order_release);
  if (last) {
    finished_.store(true, std::memory_order_release);
    totals_->end_unfinished();
  }
}

// The run of an unfinished task holds its texts once more.
void Stream::count_bytes(std::size_t text_bytes, bool over) {
  const std::size_t held = (over ? 1 : 2) * spec_bytes_ + log_->bytes_held() + text_bytes;
  totals_->memory->remove(runtime::MemoryKind::tasks, bytes_held() - held);  // modular: may increase
  bytes_held_.store(held, std::memory_order_relaxed);
}

// Merges adjacent deltas of the same chunk and kind: for subscribers nothing changes, and a burst of small deltas costs
// one frame.
void Stream::merge_deltas(std::vector<std::unique_ptr<Event>>& batch) const {
  if (limits_.merge_bytes_max == 0 || batch.size() < 2) return;
  std::size_t last = 0;
  for (std::size_t i = 1; i < batch.size(); ++i) {
    auto* into = std::get_if<TokenStream>(&batch[last]->payload);
    const auto* next = std::get_if<TokenStream>(&batch[i]->payload);
    const bool merges = into != nullptr && next != nullptr && into->kind == next->kind &&
                        batch[last]->source == batch[i]->source &&
                        into->tokens.size() + next->tokens.size() <= limits_.merge_bytes_max;
    if (merges) {
      into->tokens += next->tokens;
    } else if (++last != i) {
      batch[last] = std::move(batch[i]);
    }
  }
  batch.resize(last + 1);
}

void Stream::notify(std::uint64_t before) {
  // By index: an observer may remove itself, then its entry is null until all are notified.
  notifying_ = true;
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    if (observers_[i] != nullptr) observers_[i]->on_events_published(*this, before);
  }
  notifying_ = false;
  std::erase(observers_, nullptr);
}

void Stream::watch(StreamObserver& observer) {
  owner_loop_.assert_on_thread();
  observers_.push_back(&observer);
}

void Stream::on_log_full(std::function<void(const Error&)> handler) {
  owner_loop_.assert_on_thread();
  log_full_ = std::move(handler);
}

void Stream::unwatch(StreamObserver& observer) {
  owner_loop_.assert_on_thread();
  std::replace(observers_.begin(), observers_.end(), &observer, static_cast<StreamObserver*>(nullptr));
  if (!notifying_) std::erase(observers_, nullptr);
}

void Stream::remove() {
  owner_loop_.assert_on_thread();
  const auto observers = std::exchange(observers_, {});
  for (StreamObserver* observer : observers) {
    if (observer != nullptr) observer->on_removed(*this);
  }
}

EventStamp Stream::control_stamp() const {
  EventStamp stamp;
  stamp.time = owner_loop_.clock().wall();
  stamp.t_ms = std::chrono::duration_cast<milliseconds>(owner_loop_.clock().steady() - info_.accepted).count();
  return stamp;
}

void Stream::touch() { last_use_ns_.store(ns_of(owner_loop_.clock().steady()), std::memory_order_relaxed); }

std::optional<SteadyTime> Stream::unattended_since() const {
  if (subscribers() > 0 || waiters_.load(std::memory_order_relaxed) > 0) return std::nullopt;
  return SteadyTime(std::chrono::nanoseconds(last_use_ns_.load(std::memory_order_relaxed)));
}

std::optional<SteadyTime> Stream::idle_since() const { return finished() ? unattended_since() : std::nullopt; }

// When it will have been without access for this long.
WallTime Stream::unused_for(seconds time, WallTime wall_now, SteadyTime now) const {
  const auto idle = idle_since();
  const SteadyTime counted_from = idle ? *idle : now;
  return wall_now + std::chrono::duration_cast<milliseconds>(counted_from + time - now);
}

}  // namespace plenum::stream
