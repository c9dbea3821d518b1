#include "server/http/sse/broadcaster.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/ids.h"
#include "server/http/socket/socket_buffers.h"
#include "server/http/sse/control_frames.h"

namespace plenum::http {

namespace {

constexpr auto sweep_every = milliseconds(500);
// A subscription that begins during a drain ends after this time.
constexpr std::uint32_t late_drain_ms_min = 250, late_drain_ms_max = 1000;

}  // namespace

Broadcaster::Broadcaster(runtime::EventLoop& loop, BroadcasterOptions options)
    : loop_(loop),
      options_(std::move(options)),
      lingering_(loop),
      full_sockets_(options_.memory, runtime::MemoryKind::sockets) {}

Broadcaster::~Broadcaster() = default;

void Broadcaster::start() {
  loop_.after(sweep_every, [this] {
    sweep();
    start();
  });
}

bool Broadcaster::accepts(stream::Stream& stream, const StreamView& view) const {
  if (view.plain() || groups_.contains({&stream, view})) return true;
  // The log in another format is about as large as the native one.
  if (!view.native() && !options_.memory->fits(runtime::MemoryKind::translations, stream.bytes_held())) return false;
  // The plain view is the first one in the order of views.
  std::size_t views = 0;
  auto at = groups_.upper_bound({&stream, StreamView{}});
  for (; at != groups_.end() && at->first.first == &stream; ++at) ++views;
  return views < options_.views_per_stream_max;
}

SubscriberGroup& Broadcaster::group_of(const std::shared_ptr<stream::Stream>& stream, const StreamView& view) {
  GroupKey key{stream.get(), view};
  auto& group = groups_[key];
  if (!group) {
    group = std::make_shared<SubscriberGroup>(loop_, lingering_, options_, stream, view,
                                              [this, key = std::move(key)] { groups_.erase(key); });
  }
  return *group;
}

void Broadcaster::subscribe(Subscription subscription) {
  const stream::Stream& stream = *subscription.stream;
  StartPoint& start = subscription.start;
  StartPoint opening = start;
  if (subscription.snapshot) opening.snapshot = false;  // it follows
  std::string bytes = event_stream_head(fmt::format("Stream-Id: {}\r\nStream-Epoch: {}\r\n{}", stream.id().str(),
                                                    stream.encoder().epoch(), subscription.extra_headers));
  if (subscription.view.native()) {
    append_preamble(bytes, stream, opening, options_, loop_.clock().steady());
  } else {
    bytes += ": stream open\n\n";  // other systems' clients know no such event; they ignore comments
    // Those formats have no snapshot: a client that cannot resume receives the whole stream again.
    if (start.snapshot) start.after = 0;
    subscription.snapshot.reset();
  }
  options_.scrubber.scrub(bytes);
  SteadyTime ends_at = SteadyTime::max();
  if (drain_until_) {
    const auto left = std::chrono::duration_cast<milliseconds>(*drain_until_ - loop_.now());
    if (subscription.view.native()) bytes += draining_frame(stream, left);
    ends_at = std::min(*drain_until_, loop_.now() + milliseconds(random_between(late_drain_ms_min, late_drain_ms_max)));
  }
  group_of(subscription.stream, subscription.view)
      .add({subscription.fd, start.after, std::move(bytes), std::move(subscription.snapshot),
            std::move(subscription.permit), ends_at});
}

// Sockets that are full beyond their share of the memory are closed: their clients resume, and others are served.
void Broadcaster::sweep() {
  const SteadyTime now = loop_.clock().steady();
  const auto& memory = *options_.memory;
  const std::size_t used = memory.used(runtime::MemoryKind::sockets);
  const std::size_t share = memory.share_of(runtime::MemoryKind::sockets);
  std::size_t excess = used > share ? (used - share) / full_socket_bytes + 1 : 0, full = 0;
  for (auto& [key, group] : groups_) full += group->sweep(now, excess);
  full_sockets_.set(full * full_socket_bytes);
  lingering_.sweep(now);
}

void Broadcaster::drain(std::chrono::milliseconds window) {
  drain_until_ = loop_.now() + window;
  for (auto& [key, group] : groups_) group->drain(window);
}

std::size_t Broadcaster::subscribers() const {
  std::size_t count = 0;
  for (const auto& [key, group] : groups_) count += group->size();
  return count;
}

}  // namespace plenum::http
