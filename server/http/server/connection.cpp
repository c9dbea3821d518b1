#include "server/http/server/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "common/base/ids.h"
#include "server/http/server/loop_server.h"

namespace plenum::http {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;

RejectedRequest too_late(std::string what) {
  return {row_of(ErrorCode::request_timeout).http, Error{ErrorCode::request_timeout, std::move(what)}};
}

}  // namespace

Connection::Connection(LoopServer& door, UniqueFd fd, std::optional<Permit> permit)
    : door_(door), fd_(std::move(fd)), permit_(std::move(permit)) {}

void Connection::on_ready(std::uint32_t events) {
  const auto self = shared_from_this();  // whatever happens below, the object stays until the end of it
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return leave();
  if ((events & EPOLLRDHUP) != 0) peer_done_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) readable_ = true;
  switch (phase_) {
    case Phase::head:
    case Phase::idle:
    case Phase::body:
      return read_request();
    case Phase::answering:
      return;  // a client may close its side after the request; the answer still goes out
    case Phase::deferred:
      // Here an answer may be a minute away: nobody is kept waiting for a client that has left.
      if (peer_done_) leave();
      return;
    case Phase::writing:
      if ((events & EPOLLOUT) != 0) write_more();
      return;
    case Phase::lingering:
      return drain();
  }
}

// Reads until a request is whole or the socket is empty; what follows a whole request stays in the
// kernel until that one is answered, so a client cannot make us hold more than one.
void Connection::read_request() {
  std::array<char, read_bytes> buffer;
  while (readable_) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return leave();
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return leave();
      readable_ = false;
      return;
    }
    if (received({buffer.data(), static_cast<std::size_t>(got)})) return;
    // A short read has emptied the socket, unless the end of the stream is what comes next (epoll(7), 9).
    if (static_cast<std::size_t>(got) < buffer.size() && !peer_done_) readable_ = false;
  }
}

// True when there is nothing more to read for this request.
bool Connection::received(std::string_view bytes) {
  in_.append(bytes);
  if (phase_ == Phase::idle) door_.enter(*this, Phase::head);
  return advance();
}

bool Connection::advance() { return (head_ == nullptr && advance_head()) || (head_ != nullptr && advance_body()); }

bool Connection::advance_head() {
  const auto& limits = door_.options().limits;
  auto found = scanner_.scan(in_, limits);
  if (std::holds_alternative<NeedMore>(found)) return false;
  if (const auto* refusal = std::get_if<RejectedRequest>(&found)) return refuse(*refusal), true;
  const std::size_t head_bytes = std::get<HeadComplete>(found).bytes;
  auto parsed = parse_head(std::string_view(in_).substr(0, head_bytes), limits);
  if (const auto* refusal = std::get_if<RejectedRequest>(&parsed)) return refuse(*refusal), true;
  head_ = std::make_unique<RequestHead>(std::get<RequestHead>(std::move(parsed)));
  scanner_ = {};
  in_.erase(0, head_bytes);
  if (in_.size() < head_->body_bytes) door_.enter(*this, Phase::body);
  return false;
}

bool Connection::advance_body() {
  if (in_.size() < head_->body_bytes) return false;
  ask();
  return true;
}

void Connection::ask() {
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
  request.keep_alive = request.head.keep_alive && !door_.closing();
  framing_ = {request.head.method == Method::head, request.keep_alive, request.head.http_1_0};
  door_.enter(*this, Phase::answering);
  if (door_.ask(*this, std::move(request))) return;
  const Error busy{ErrorCode::busy, "More requests wait already than the server can take."};
  refuse({row_of(busy.code).http, busy});
}

void Connection::take(Answer answer) {
  if (phase_ != Phase::answering && phase_ != Phase::deferred) return;
  stop_waiting();
  if (auto* reply = std::get_if<SerializedResponse>(&answer)) {
    if (door_.unsent_bytes() + reply->bytes.size() <= door_.options().unsent_bytes_max) {
      return send(std::move(reply->bytes), reply->keep_alive);
    }
    const Error busy{ErrorCode::busy,
                     "Other clients have not taken their answers yet, and there is no room for this one."};
    return refuse({row_of(busy.code).http, busy});
  }
  if (auto* handoff = std::get_if<StreamHandoff>(&answer)) return door_.hand_over(*this, std::move(*handoff));
  if (peer_done_) return leave();
  door_.enter(*this, Phase::deferred);
  wait_ = door_.wait(*this, std::get<DeferredResponse>(std::move(answer)), framing_);
}

// The wait lives on its stream's loop, so that is where it is told.
void Connection::stop_waiting() {
  if (!wait_) return;
  auto& owner_loop = wait_->owner_loop();
  owner_loop.post([wait = std::move(wait_)] { wait->cancel(); });
  wait_.reset();
}

void Connection::say_last(std::string bytes) { send(std::move(bytes), false); }

void Connection::refuse(const RejectedRequest& refusal) {
  door_.count_refusal(refusal.error.code);
  auto reply = problem(refusal.error, {.status = refusal.status});
  add_common_headers(reply, random_hex(8), door_.options().scrubber);
  send(serialize(reply, {.head_only = framing_.head_only}), false);
}

void Connection::send(std::string bytes, bool keep_alive) {
  out_ = std::move(bytes);
  door_.count_unsent(static_cast<std::ptrdiff_t>(out_.size()));
  sent_ = 0;
  keep_alive_ = keep_alive;
  door_.enter(*this, Phase::writing);
  write_more();
}

void Connection::write_more() {
  while (sent_ < out_.size()) {
    const ssize_t taken = ::send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (taken >= 0) {
      sent_ += static_cast<std::size_t>(taken);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;  // EPOLLOUT tells when there is room
    return leave();
  }
  written();
}

void Connection::written() {
  door_.count_unsent(-static_cast<std::ptrdiff_t>(out_.size()));
  out_ = {};
  sent_ = 0;
  framing_ = {};
  if (!keep_alive_) return linger();
  if (in_.empty()) {
    door_.enter(*this, Phase::idle);
  } else {
    door_.enter(*this, Phase::head);  // a pipelined request: its time begins now
    if (advance()) return;
  }
  if (readable_ || peer_done_) {
    readable_ = true;
    read_request();
  }
}

// Closing with unread input makes the kernel send RST, which can take the answer away from the client
// before it was read (RFC 9112, 9.6). So: no more from us, read on for a moment, then close.
void Connection::linger() {
  ::shutdown(fd_.get(), SHUT_WR);
  in_ = {};
  door_.enter(*this, Phase::lingering);
  drain();
}

void Connection::drain() {
  std::array<char, read_bytes> buffer;
  while (sent_ < door_.options().linger_bytes_max) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) return leave();
    sent_ += static_cast<std::size_t>(got);
  }
  leave();
}

void Connection::expire() {
  switch (phase_) {
    case Phase::head:
      // Who said nothing at all mostly meant to (browsers connect ahead): there is no request to answer.
      if (in_.empty()) return leave();
      return refuse(too_late("The head of the request did not come in time."));
    case Phase::body:
      return refuse(too_late("The body of the request did not come in time."));
    case Phase::answering: {
      const Error busy{ErrorCode::busy, "The server did not come to this request in time."};
      return refuse({row_of(busy.code).http, busy});
    }
    case Phase::idle:
    case Phase::deferred:
    case Phase::writing:
    case Phase::lingering:
      return leave();
  }
}

bool Connection::too_slow(SteadyTime now) const {
  const auto& options = door_.options();
  const auto age = now - since_;
  if (phase_ != Phase::body || age <= options.body_grace) return false;
  const auto whole_seconds = std::chrono::duration_cast<seconds>(age).count();
  return in_.size() < static_cast<std::size_t>(whole_seconds) * options.body_bytes_per_second_min;
}

void Connection::leave() {
  door_.count_unsent(-static_cast<std::ptrdiff_t>(out_.size()));
  out_ = {};
  stop_waiting();
  door_.forget(*this);
}

}  // namespace plenum::http
