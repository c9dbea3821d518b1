#include "server/http/sse/broadcaster.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "common/json/json_writer.h"
#include "common/protocol/sse_encoder.h"
#include "server/http/sse/subscriber_group.h"
#include "server/task/views.h"

namespace plenum::http {

namespace {

constexpr auto sweep_every = milliseconds(500);
constexpr auto linger_for = milliseconds(1000);
constexpr std::size_t linger_bytes_max = 256 * 1024;  // a reader has nothing to say
constexpr std::uint32_t retry_ms_min = 1000, retry_ms_max = 3000;

// Closed by the end of the body, not chunked: every reader of a stream then gets the very same bytes,
// and the terminal event tells in band what a last chunk would (docs/decisions/0004).
std::string response_head(const stream::Stream& stream, const std::string& extra_headers) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\n"
      "Content-Type: text/event-stream; charset=utf-8\r\n"
      "Cache-Control: no-store, no-transform\r\n"
      "X-Accel-Buffering: no\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Stream-Id: {}\r\n"
      "Stream-Epoch: {}\r\n"
      "{}"
      "Connection: close\r\n\r\n",
      stream.id().str(), stream.encoder().epoch(), extra_headers);
}

}  // namespace

// A socket whose answer is complete. FIN has been sent; it is closed when the peer's comes, or soon.
class LingeringSocket final : public runtime::FdHandler {
 public:
  LingeringSocket(Broadcaster& delivery, int fd, SteadyTime until) : delivery_(delivery), fd_(fd), until_(until) {}
  ~LingeringSocket() override {
    delivery_.loop_.unwatch(fd_, *this);
    ::close(fd_);
  }
  void on_ready(std::uint32_t events) override {
    // A few reads a turn and little in all: a peer that goes on talking must not hold the loop.
    std::array<char, 16 * 1024> thrown_away;
    ssize_t got = 1;
    for (int reads = 0; reads < 4 && got > 0; ++reads) {
      got = ::recv(fd_, thrown_away.data(), thrown_away.size(), MSG_DONTWAIT);
      heard_ += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    const bool ended = got == 0 || heard_ > linger_bytes_max || (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (ended) delivery_.loop_.defer([&delivery = delivery_, fd = fd_] { delivery.lingering_.erase(fd); });
  }
  SteadyTime until() const { return until_; }

 private:
  Broadcaster& delivery_;
  const int fd_;
  const SteadyTime until_;
  std::size_t heard_ = 0;
};

Broadcaster::Broadcaster(runtime::EventLoop& loop, BroadcasterOptions options)
    : loop_(loop), options_(std::move(options)) {}

Broadcaster::~Broadcaster() {
  lingering_.clear();
  audiences_.clear();
}

void Broadcaster::start() {
  loop_.after(sweep_every, [this] {
    sweep();
    start();
  });
}

bool Broadcaster::has_room(stream::Stream& stream, const StreamView& form) const {
  if (form.plain() || audiences_.contains({&stream, form})) return true;
  std::size_t forms = 0;
  // The plain form is the first of all in their order.
  auto at = audiences_.upper_bound({&stream, StreamView{}});
  for (; at != audiences_.end() && at->first.first == &stream; ++at) ++forms;
  return forms < options_.forms_per_stream_max;
}

void Broadcaster::subscribe(Subscription subscription) {
  auto& stream = subscription.stream;
  std::string bytes = response_head(*stream, subscription.extra_headers);
  const bool native = subscription.form.format == compat::CompatFormat::native;
  if (native) {
    append_opening(bytes, *stream, subscription.start);
  } else {
    bytes += ": stream open\n\n";  // other clients would not know what to make of an event
    // Those vocabularies have no snapshot: who cannot go on where it was begins anew.
    if (subscription.start.snapshot) subscription.start.after = 0;
  }
  options_.scrubber.scrub(bytes);
  auto& audience = audiences_[{stream.get(), subscription.form}];
  if (!audience) audience = std::make_unique<SubscriberGroup>(*this, stream, subscription.form);
  SteadyTime ends_at = SteadyTime::max();
  if (drain_until_) {  // whoever comes while the server drains gets what there is and is sent away again
    if (native) bytes += draining_frame(*stream, std::chrono::duration_cast<milliseconds>(*drain_until_ - loop_.now()));
    ends_at = std::min(*drain_until_, loop_.now() + milliseconds(random_between(250, 1000)));
  }
  audience->add(subscription.fd, subscription.start.after, std::move(bytes), ends_at);
}

// What every connection begins with: stream_open, then a notice of what cannot be given, then the state.
void Broadcaster::append_opening(std::string& out, const stream::Stream& stream, const StartPoint& start) const {
  EventStamp add_common_headers = stream.control_stamp();
  const auto& encoder = stream.encoder();

  SystemMessage open{"info", "stream_open", start.recovered ? "resumed" : "connected", {}};
  JsonFields fields(open.fields_json);
  fields.text("epoch", encoder.epoch())
      .number("first_seq", static_cast<std::int64_t>(stream.first_seq()))
      .number("last_seq", static_cast<std::int64_t>(stream.head()));
  if (start.has_cursor && !start.gap)
    fields.number("resumed_from", static_cast<std::int64_t>(start.after));
  else
    fields.raw("resumed_from", "null");
  fields.flag("recovered", start.recovered)
      .flag("gap", start.gap.has_value())
      .text("status", name_of(stream.status()))
      .number("heartbeat_s", std::chrono::ceil<seconds>(options_.heartbeat).count())
      .text("expires_at", rfc3339(stream.expires_at(add_common_headers.time, loop_.clock().steady())))
      .text("store", options_.store);
  append_retry(out, random_between(retry_ms_min, retry_ms_max));
  encoder.append_frame(out, Event{open, nullptr}, add_common_headers);

  if (start.gap) {
    SystemMessage gap{"warning", "gap", "events that you missed are no longer held", {}};
    JsonFields(gap.fields_json)
        .number("from", static_cast<std::int64_t>(start.gap->from))
        .number("to", static_cast<std::int64_t>(start.gap->to));
    encoder.append_frame(out, Event{gap, nullptr}, add_common_headers);
  }
  if (start.snapshot) {
    add_common_headers.seq = start.after;  // a drop right after the snapshot resumes exactly
    encoder.append_frame(out, Event{Snapshot{dump_json(task::state_view(stream))}, nullptr}, add_common_headers);
  }
}

void Broadcaster::sweep() {
  const SteadyTime now = loop_.clock().steady();
  for (auto& [stream, audience] : audiences_) audience->sweep(now);
  std::erase_if(lingering_, [now](const auto& entry) { return entry.second->until() <= now; });
}

void Broadcaster::drain(std::chrono::milliseconds window) {
  drain_until_ = loop_.now() + window;
  for (auto& [stream, audience] : audiences_) audience->drain(window);
}

std::size_t Broadcaster::readers() const {
  std::size_t count = 0;
  for (const auto& [stream, audience] : audiences_) count += audience->size();
  return count;
}

void Broadcaster::linger(int fd) {
  ::shutdown(fd, SHUT_WR);
  auto socket = std::make_unique<LingeringSocket>(*this, fd, loop_.now() + linger_for);
  if (!loop_.watch(fd, EPOLLIN | EPOLLRDHUP, *socket)) return;  // closes it
  lingering_.emplace(fd, std::move(socket));
}

}  // namespace plenum::http
