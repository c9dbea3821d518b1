#include "server/http/server/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "common/base/ids.h"
#include "common/base/overloaded.h"

namespace plenum::http {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;

}  // namespace

Connection::Connection(ConnectionOwner& owner, SharedServerState& shared, runtime::UniqueFd fd,
                       std::optional<Permit> permit)
    : owner_(owner), shared_(shared), fd_(std::move(fd)), permit_(std::move(permit)) {}

void Connection::on_ready(std::uint32_t events) {
  const auto self = shared_from_this();  // the owner may remove the connection below
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close();
  if ((events & EPOLLRDHUP) != 0) peer_done_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) readable_ = true;
  switch (phase()) {
    case Phase::head:
    case Phase::idle:
    case Phase::body:
      return read_request();
    case Phase::processing:
      return;  // a client may close its sending side after the request and still expects the response
    case Phase::deferred:
      // A long poll may take a minute: it ends with its client.
      if (peer_done_) close();
      return;
    case Phase::writing:
      if ((events & EPOLLOUT) != 0) write_more();
      return;
    case Phase::lingering:
      return drain();
  }
}

// Reads until a request is complete or the socket is empty. What follows a complete request stays in the kernel until
// its response is sent, so a client can make the server buffer only one request.
void Connection::read_request() {
  std::array<char, read_bytes> buffer;
  while (readable_) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return close();
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return close();
      readable_ = false;
      return;
    }
    if (received({buffer.data(), static_cast<std::size_t>(got)})) return;
    // A short read has emptied the socket, unless the end of the stream is next (epoll(7), 9).
    if (static_cast<std::size_t>(got) < buffer.size() && !peer_done_) readable_ = false;
  }
}

// True if there is nothing more to read for this request.
bool Connection::received(std::string_view bytes) {
  in_.append(bytes);
  if (phase() == Phase::idle) set_phase(Phase::head);
  return advance();
}

bool Connection::advance() { return (head_ == nullptr && advance_head()) || (head_ != nullptr && advance_body()); }

bool Connection::advance_head() {
  const auto& limits = options().limits;
  auto found = scanner_.scan(in_, limits);
  if (std::holds_alternative<NeedMore>(found)) return false;
  if (const auto* rejected = std::get_if<RejectedRequest>(&found)) return reject(*rejected), true;
  const std::size_t head_bytes = std::get<HeadComplete>(found).bytes;
  auto parsed = parse_head(std::string_view(in_).substr(0, head_bytes), limits);
  if (const auto* rejected = std::get_if<RejectedRequest>(&parsed)) return reject(*rejected), true;
  head_ = std::make_unique<RequestHead>(std::get<RequestHead>(std::move(parsed)));
  scanner_ = {};
  in_.erase(0, head_bytes);
  if (in_.size() < head_->body_bytes) set_phase(Phase::body);
  return false;
}

bool Connection::advance_body() {
  if (in_.size() < head_->body_bytes) return false;
  submit();
  return true;
}

void Connection::submit() {
  Request request;
  request.head = std::move(*head_);
  head_.reset();
  const std::size_t body_bytes = request.head.body_bytes;
  if (in_.size() == body_bytes) {
    request.body = std::move(in_);
    in_ = {};  // an idle connection holds no buffer
  } else {
    request.body = in_.substr(0, body_bytes);
    in_.erase(0, body_bytes);
  }
  request.keep_alive = request.head.keep_alive && !shared_.closing.load(std::memory_order_relaxed);
  framing_ = {request.head.method == Method::head, request.keep_alive, request.head.http_1_0};
  set_phase(Phase::processing);
  if (!owner_.submit(*this, std::move(request))) reject(ErrorCode::busy, "The request queue is full.");
}

void Connection::on_response(ServeResult result) {
  if (phase() != Phase::processing && phase() != Phase::deferred) return;
  cancel_long_poll();
  std::visit(Overloaded{[this](SerializedResponse& response) { respond(std::move(response)); },
                        [this](StreamHandoff& handoff) { owner_.hand_over(*this, std::move(handoff)); },
                        [this](DeferredResponse& deferred) { defer(std::move(deferred)); }},
             result);
}

void Connection::respond(SerializedResponse response) {
  const std::size_t unsent = shared_.unsent_bytes.load(std::memory_order_relaxed);
  if (unsent + response.bytes.size() > options().unsent_bytes_max) {
    return reject(ErrorCode::busy, "Too much response data is buffered.");
  }
  send(std::move(response.bytes), response.keep_alive);
}

void Connection::defer(DeferredResponse deferred) {
  if (peer_done_) return close();
  set_phase(Phase::deferred);
  long_poll_ = owner_.start_long_poll(*this, std::move(deferred), framing_);
}

// The long poll belongs to its stream's loop, so it is cancelled there.
void Connection::cancel_long_poll() {
  if (!long_poll_) return;
  auto& owner_loop = long_poll_->owner_loop();
  owner_loop.post([long_poll = std::move(long_poll_)] { long_poll->cancel(); });
  long_poll_.reset();
}

void Connection::respond_and_close(std::string bytes) { send(std::move(bytes), false); }

void Connection::reject(ErrorCode code, std::string message) {
  reject({row_of(code).http, Error{code, std::move(message)}});
}

void Connection::reject(const RejectedRequest& rejected) {
  shared_.counters.rejected[static_cast<std::size_t>(rejected.error.code)].fetch_add(1, std::memory_order_relaxed);
  auto response = problem(rejected.error, {.status = rejected.status});
  send(serialize_error(std::move(response), random_hex(8), options().scrubber, framing_.head_only), false);
}

void Connection::send(std::string bytes, bool keep_alive) {
  out_ = std::move(bytes);
  count_unsent(static_cast<std::ptrdiff_t>(out_.size()));
  sent_ = 0;
  keep_alive_ = keep_alive;
  set_phase(Phase::writing);
  write_more();
}

void Connection::write_more() {
  while (sent_ < out_.size()) {
    const ssize_t sent = ::send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;  // EPOLLOUT follows
    return close();
  }
  on_written();
}

void Connection::on_written() {
  count_unsent(-static_cast<std::ptrdiff_t>(out_.size()));
  out_ = {};
  sent_ = 0;
  framing_ = {};
  if (!keep_alive_) return linger();
  if (in_.empty()) {
    set_phase(Phase::idle);
  } else {
    set_phase(Phase::head);  // a pipelined request: its timeout starts now
    if (advance()) return;
  }
  if (readable_ || peer_done_) {
    readable_ = true;
    read_request();
  }
}

// Closing with unread input makes the kernel send RST, which can discard the response before the client has read it
// (RFC 9112, 9.6). So: send FIN, read on for a moment, then close.
void Connection::linger() {
  ::shutdown(fd_.get(), SHUT_WR);
  in_ = {};
  set_phase(Phase::lingering);
  drain();
}

void Connection::drain() {
  std::array<char, read_bytes> buffer;
  while (sent_ < options().linger_bytes_max) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) return close();
    sent_ += static_cast<std::size_t>(got);
  }
  close();
}

void Connection::expire() {
  switch (phase()) {
    case Phase::head:
      // Browsers open speculative connections: if no byte arrived, close silently.
      if (in_.empty()) return close();
      return reject(ErrorCode::request_timeout, "Timed out waiting for the head of the request.");
    case Phase::body:
      return reject(ErrorCode::request_timeout, "Timed out waiting for the body of the request.");
    case Phase::processing:
      return reject(ErrorCode::busy, "Timed out waiting for a request thread.");
    case Phase::idle:
    case Phase::deferred:
    case Phase::writing:
    case Phase::lingering:
      return close();
  }
}

bool Connection::too_slow(SteadyTime now) const {
  const auto age = now - entry_.since;
  if (phase() != Phase::body || age <= options().body_grace) return false;
  const auto whole_seconds = std::chrono::duration_cast<seconds>(age).count();
  return in_.size() < static_cast<std::size_t>(whole_seconds) * options().body_bytes_per_second_min;
}

void Connection::close() {
  count_unsent(-static_cast<std::ptrdiff_t>(out_.size()));
  out_ = {};
  cancel_long_poll();
  owner_.remove(*this);
}

}  // namespace plenum::http
