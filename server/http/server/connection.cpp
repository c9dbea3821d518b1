#include "server/http/server/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/base/ids.h"
#include "common/base/overloaded.h"
#include "common/protocol/api_paths.h"
#include "server/http/shared/shared_renders.h"
#include "server/http/socket/socket_buffers.h"
#include "server/http/socket/socket_io.h"

namespace plenum::http {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t drained_per_event_max = 1024 * 1024;
// Bodies up to this size are always read, so that a task can be cancelled when no memory is left.
constexpr std::size_t small_body_bytes = 4 * 1024;
// Memory of a request in work, as a multiple of its body: the body, its parsed form, the task, and its stored form.
constexpr std::size_t work_per_body = 8;

iovec iovec_of(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

// Of a request that changes something, and whose handler was called.
RejectedRequest outcome_unknown(std::string cause) {
  Error error{ErrorCode::timeout, std::move(cause)};
  error.remedy =
      "The request may still take effect. Send it again with the same Idempotency-Key, or check the task's state "
      "first.";
  return {row_of(error.code).http, std::move(error)};
}

}  // namespace

Connection::Connection(ConnectionOwner& owner, SharedServerState& shared, runtime::UniqueFd fd,
                       std::optional<Permit> permit)
    : owner_(owner),
      shared_(shared),
      fd_(std::move(fd)),
      permit_(std::move(permit)),
      reader_(shared.options.limits),
      body_memory_(shared.memory, runtime::MemoryKind::bodies),
      response_memory_(shared.memory, runtime::MemoryKind::responses),
      socket_memory_(shared.memory, runtime::MemoryKind::sockets) {}

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
      if (peer_done_) probe_peer();
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
  reader_.append(bytes);
  if (phase() == Phase::idle && !reader_.empty()) set_phase(Phase::head);
  return advance();
}

bool Connection::advance() {
  auto outcome = reader_.next();
  if (auto* request = std::get_if<Request>(&outcome)) return submit(std::move(*request)), true;
  if (const auto* rejected = std::get_if<RejectedRequest>(&outcome)) return reject(*rejected), true;
  if (reader_.head() == nullptr) return false;
  if (!charge_body()) return reject({row_of(ErrorCode::busy).http, out_of_memory()}), true;
  return phase() != Phase::body && await_body();
}

// With a Content-Length, all of the body is charged at its head: what does not fit is rejected before it is sent.
bool Connection::charge_body() {
  const std::size_t bytes = std::max(reader_.head()->body_bytes, reader_.body_bytes());
  return bytes <= small_body_bytes || body_memory_.resize(bytes);
}

// The head is valid and its body incomplete.
bool Connection::await_body() {
  set_phase(Phase::body);
  return reader_.head()->expects_continue && answer_expectation();
}

// The client waits before it sends its body: a request that is rejected in any case costs no upload.
bool Connection::answer_expectation() {
  constexpr std::string_view continue_bytes = "HTTP/1.1 100 Continue\r\n\r\n";
  if (const auto rejection = shared_.adapter.router().early_rejection(*reader_.head())) {
    send({serialize(*rejection, {.head_only = reader_.head()->method == Method::head})});
    return true;
  }
  const ssize_t sent = ::send(fd_.get(), continue_bytes.data(), continue_bytes.size(), MSG_NOSIGNAL);
  // The socket is full of responses that the client does not read: it does not wait for this one either.
  if (sent != static_cast<ssize_t>(continue_bytes.size())) return close(), true;
  return false;
}

void Connection::submit(Request request) {
  request.keep_alive = request.keep_alive && !shared_.closing.load(std::memory_order_relaxed);
  framing_ = {request.head.method == Method::head, request.keep_alive, request.head.http_1_0};
  body_memory_.set(0);
  runtime::MemoryCharge memory(shared_.memory, runtime::MemoryKind::requests);
  const bool fits = request.body.size() <= small_body_bytes || memory.resize(work_per_body * request.body.size());
  ticket_ = std::make_shared<RequestTicket>(shared_.adapter.router().kind_of(request.head));
  set_phase(Phase::processing);
  if (!fits) return reject({row_of(ErrorCode::busy).http, out_of_memory()});
  if (!owner_.submit(*this, std::move(request), ticket_, std::move(memory)))
    reject(ErrorCode::busy, "The request queue is full.");
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
  // A shared body is charged once, for all of its readers.
  const bool own_body = response.body && response.body->charge.bytes() == 0;
  const std::size_t bytes = response.bytes.size() + (own_body ? response.body->bytes.size() : 0);
  if (bytes > small_body_bytes && !response_memory_.resize(bytes)) {
    // A change has taken effect, but its response is lost.
    if (ticket_->kind() == RouteKind::change) return reject(outcome_unknown(out_of_memory().message));
    return reject({row_of(ErrorCode::busy).http, out_of_memory()});
  }
  send(std::move(response));
}

void Connection::defer(DeferredResponse deferred) {
  set_phase(Phase::deferred);
  long_poll_ = owner_.start_long_poll(*this, std::move(deferred), framing_);
  if (peer_done_) probe_peer();
}

// A client that has closed its sending side may still read (`nc -N`), or it is gone, and then nothing else would show
// it during the wait: it replies with a reset, and the wait ends. HTTP/1.0 has no interim responses (RFC 9110, 15.2).
void Connection::probe_peer() {
  constexpr std::string_view processing = "HTTP/1.1 102 Processing\r\n\r\n";
  if (framing_.http_1_0 || std::exchange(probed_, true)) return;
  const ssize_t sent = ::send(fd_.get(), processing.data(), processing.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(processing.size())) close();
}

// The long poll belongs to its stream's loop, so it is cancelled there.
void Connection::cancel_long_poll() {
  if (!long_poll_) return;
  auto& owner_loop = long_poll_->owner_loop();
  owner_loop.post([long_poll = std::move(long_poll_)] { long_poll->cancel(); });
  long_poll_.reset();
}

void Connection::respond_and_close(std::string bytes) { send({std::move(bytes)}); }

void Connection::reject(ErrorCode code, std::string message) {
  reject({row_of(code).http, Error{code, std::move(message)}});
}

// The response timeout has passed. The response must be true of what the server does from now on.
void Connection::reject_late() {
  if (ticket_->withdraw()) {
    return reject(ErrorCode::busy, "Timed out waiting for a request thread; the request was not executed.");
  }
  if (ticket_->kind() == RouteKind::change) {
    return reject(outcome_unknown("The request is being executed, but is not complete in time."));
  }
  reject(ErrorCode::busy, "Timed out waiting for the response.");
}

void Connection::reject(const RejectedRequest& rejected) {
  shared_.counters.rejected[static_cast<std::size_t>(rejected.error.code)].fetch_add(1, std::memory_order_relaxed);
  auto response = problem(rejected.error, {.status = rejected.status});
  const RequestHead* head = reader_.head();
  if (rejected.plain_text || (head != nullptr && api::is_process(head->path)))
    response = plain_text(std::move(response));
  send({serialize_error(std::move(response), random_hex(8), options().scrubber, framing_.head_only)});
}

void Connection::send(SerializedResponse response) {
  out_ = std::move(response);
  sent_ = 0;
  keep_alive_ = out_.keep_alive;
  set_phase(Phase::writing);
  write_more();
}

void Connection::write_more() {
  for (;;) {
    if (bytes_unsent() == 0) {
      out_.body.reset();
      out_.bytes.clear();
      sent_ = 0;
      if (!out_.pieces || !out_.pieces->next(out_.bytes)) return on_written();
      continue;
    }
    const bool in_head = sent_ < out_.bytes.size();
    const std::string_view body = out_.body ? std::string_view(out_.body->bytes) : std::string_view();
    std::array<iovec, 2> parts{{iovec_of(std::string_view(out_.bytes).substr(in_head ? sent_ : out_.bytes.size())),
                                iovec_of(body.substr(in_head ? 0 : sent_ - out_.bytes.size()))}};
    const Sent sent = send_some(fd_.get(), parts);
    if (sent.failed) return close();
    sent_ += sent.bytes;
    // EPOLLOUT follows. Until then the buffer of the kernel is full.
    if (sent.would_block) return socket_memory_.set(full_socket_bytes);
  }
}

void Connection::on_written() {
  out_ = {};
  sent_ = 0;
  response_memory_.set(0);
  socket_memory_.set(0);
  framing_ = {};
  probed_ = false;
  if (!keep_alive_) return linger();
  if (reader_.empty()) {
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
// (RFC 9112, 9.6): many clients read only after they have sent their whole body. So: send FIN, read on while the
// client sends, then close.
void Connection::linger() {
  ::shutdown(fd_.get(), SHUT_WR);
  reader_.clear();
  body_memory_.set(0);
  set_phase(Phase::lingering);
  lingering_since_ = entry_.since;
  drain();
}

void Connection::drain() {
  std::array<char, read_bytes> discarded;
  const std::size_t before = sent_;
  while (sent_ < options().linger_bytes_max) {
    // A fast sender must not block the loop.
    if (sent_ - before >= drained_per_event_max) return owner_.resume_later(*this);
    const ssize_t got = ::recv(fd_.get(), discarded.data(), discarded.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return prolong_linger(before);
    if (got <= 0) return close();
    sent_ += static_cast<std::size_t>(got);
  }
  close();
}

// A client that still sends gets more time, up to linger_total. One that was rejected at accept does not: few of those
// are open at once.
void Connection::prolong_linger(std::size_t drained_before) {
  if (sent_ == drained_before || !permit_) return;
  set_phase(Phase::lingering);
  if (entry_.since - lingering_since_ >= options().linger_total) close();
}

void Connection::expire() {
  switch (phase()) {
    case Phase::head:
      // Browsers open speculative connections: if no byte arrived, close silently.
      if (reader_.empty()) return close();
      return reject(ErrorCode::request_timeout, "Timed out waiting for the head of the request.");
    case Phase::body:
      return reject(ErrorCode::request_timeout, "Timed out waiting for the body of the request.");
    case Phase::processing:
      return reject_late();
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
  return reader_.body_bytes() < static_cast<std::size_t>(whole_seconds) * options().body_bytes_per_second_min;
}

void Connection::close() {
  out_ = {};
  cancel_long_poll();
  owner_.remove(*this);
}

}  // namespace plenum::http
