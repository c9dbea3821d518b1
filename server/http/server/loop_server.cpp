#include "server/http/server/loop_server.h"

#include <sys/epoll.h>

#include "common/base/ids.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_extent.h"

namespace plenum::http {
namespace {

// Over the limit a few are still told why; beyond that a flood is cut without a word.
constexpr std::size_t turned_away_max = 64;

std::string dressed_bytes(Response reply, std::string_view request_id, const redaction::Scrubber& scrubber) {
  add_common_headers(reply, request_id, scrubber);
  return serialize(reply, {});
}

// Lines of the stream's response head. Through Response, whose check keeps a value from ending its line.
std::string header_lines(const StreamHandoff& handoff) {
  Response lines(200);
  lines.header("X-Request-Id", handoff.request_id);
  for (const auto& [name, value] : handoff.headers) lines.header(name, value);
  std::string out;
  for (const auto& [name, value] : lines.headers()) out.append(name).append(": ").append(value).append("\r\n");
  return out;
}

std::string no_stream(const Response& answer, const StreamHandoff& handoff, const redaction::Scrubber& scrubber) {
  Response reply = answer;
  for (const auto& [name, value] : handoff.headers) reply.header(name, value);
  return dressed_bytes(std::move(reply), handoff.request_id, scrubber);
}

}  // namespace

SharedServerState::SharedServerState(const HttpServerOptions& limits, const HttplibAdapter& server,
                                     runtime::ThreadPool& threads)
    : options(limits),
      library(server),
      requests(threads),
      admission(std::make_shared<ConnectionLimiter>(limits.connections_max, limits.connections_per_address_max)) {}

SharedServerState::~SharedServerState() = default;

LoopServer& SharedServerState::server_on(const runtime::EventLoop& loop) const {
  for (const auto& door : doors) {
    if (&door->loop() == &loop) return *door;
  }
  return *doors.front();
}

LoopServer::LoopServer(runtime::EventLoop& loop, SharedServerState& parts, Broadcaster& delivery)
    : loop_(loop),
      parts_(parts),
      delivery_(delivery),
      listener_(
          loop, [this](UniqueFd fd, const sockaddr_storage& peer) { accepted(std::move(fd), peer); },
          parts.counters.accept_errors) {}

LoopServer::~LoopServer() {
  if (sweep_timer_ != 0) loop_.cancel(sweep_timer_);
  for (auto& connections : lists_) {
    for (auto& connection : connections) loop_.unwatch(connection->fd(), *connection);
  }
}

void LoopServer::start(int listen_fd) {
  listener_.start(listen_fd);
  schedule_sweep();
}

void LoopServer::stop_accepting() {
  listener_.stop();
  // Nothing is lost with them: no request has begun.
  while (!list(Phase::idle).empty()) {
    const auto connection = list(Phase::idle).front();
    connection->expire();
  }
}

void LoopServer::accepted(UniqueFd fd, const sockaddr_storage& peer) {
  parts_.counters.accepted.fetch_add(1, std::memory_order_relaxed);
  auto permit = parts_.admission->admit(peer, parts_.readers.load(std::memory_order_relaxed));
  if (permit) {
    add(std::move(fd), std::move(*permit));
    return;
  }
  count_refusal(permit.error().code);
  if (turned_away_ < turned_away_max) {
    adopt(std::move(fd), std::nullopt, dressed_bytes(problem(permit.error()), random_hex(8), parts_.options.scrubber));
  }
}

Connection* LoopServer::add(UniqueFd fd, std::optional<Permit> permit) {
  auto& heads = list(Phase::head);
  heads.push_back(std::make_shared<Connection>(*this, std::move(fd), std::move(permit)));
  auto& connection = *heads.back();
  connection.place_ = std::prev(heads.end());
  connection.since_ = loop_.now();
  if (!connection.counted()) ++turned_away_;
  // Edge-triggered and for everything, once: a request then costs no call of epoll_ctl.
  if (loop_.watch(connection.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, connection)) return &connection;
  forget(connection);
  return nullptr;
}

void LoopServer::adopt(UniqueFd fd, std::optional<Permit> permit, std::string last_words) {
  auto* connection = add(std::move(fd), std::move(permit));
  if (connection == nullptr) return;
  const auto keep = connection->shared_from_this();
  keep->say_last(std::move(last_words));
}

void LoopServer::count_refusal(ErrorCode code) {
  parts_.counters.refused[static_cast<std::size_t>(code)].fetch_add(1, std::memory_order_relaxed);
}

void LoopServer::enter(Connection& connection, Phase phase) {
  list(phase).splice(list(phase).end(), list(connection.phase_), connection.place_);
  connection.phase_ = phase;
  connection.since_ = loop_.now();
}

void LoopServer::forget(Connection& connection) {
  if (connection.fd() >= 0) loop_.unwatch(connection.fd(), connection);
  if (!connection.counted() && turned_away_ > 0) --turned_away_;
  list(connection.phase_).erase(connection.place_);
}

// The request thread gives its answer back to this loop; if the connection has gone by then, nobody
// misses it. The weak pointer is locked only here, on the connection's own loop.
bool LoopServer::ask(Connection& connection, Request request) {
  parts_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  const SteadyTime due = loop_.now() + parts_.options.answer_timeout;
  return parts_.requests.submit([&library = parts_.library, &loop = loop_, due, whose = connection.weak_from_this(),
                                 request = std::move(request)] {
    // Its client has left, or was told that it was not done: then it must not be done either.
    if (whose.expired() || loop.clock().steady() >= due) return;
    loop.post([whose, answer = library.serve(request)]() mutable {
      if (const auto found = whose.lock()) found->take(std::move(answer));
    });
  });
}

std::shared_ptr<LongPoll> LoopServer::wait(Connection& connection, DeferredResponse deferred, ResponseFraming framing) {
  // Called on the stream's loop. Rendering may be slow, so it goes to a request thread.
  auto over = [&parts = parts_, &loop = loop_, whose = connection.weak_from_this(),
               framing](const std::function<Response()>& render) {
    const auto give = [&loop, whose](std::string bytes, bool keep_alive) {
      loop.post([whose, reply = SerializedResponse{std::move(bytes), keep_alive}]() mutable {
        if (const auto found = whose.lock()) found->take(std::move(reply));
      });
    };
    const bool taken = parts.requests.submit([give, render, framing] {
      const Response reply = render();
      give(serialize(reply, framing), framing.keep_alive && !reply.closes());
    });
    if (taken) return;
    const Error busy{ErrorCode::busy, "More requests wait already than the server can take."};
    give(dressed_bytes(problem(busy), random_hex(8), parts.options.scrubber), false);
  };
  auto wait = std::make_shared<LongPoll>(std::move(deferred), std::move(over));
  wait->owner_loop().post([wait] { wait->begin(); });
  return wait;
}

void LoopServer::hand_over(Connection& connection, StreamHandoff handoff) {
  const auto keep = connection.shared_from_this();
  loop_.unwatch(connection.fd(), connection);
  auto fd = connection.release_socket();
  auto permit = connection.release_permit();
  list(connection.phase_).erase(connection.place_);
  auto& owner_loop = handoff.stream->owner_loop();
  auto& door = parts_.server_on(owner_loop);
  if (&door == this) return seat(std::move(fd), std::move(permit), std::move(handoff));
  owner_loop.post([&door, fd = std::move(fd), permit = std::move(permit), handoff = std::move(handoff)]() mutable {
    door.seat(std::move(fd), std::move(permit), std::move(handoff));
  });
}

// The cursor is resolved against the stream as it is here and now: on its own loop nothing can be
// added between the answer and the first frame.
void LoopServer::seat(UniqueFd fd, std::optional<Permit> permit, StreamHandoff handoff) {
  auto answer = resolve_cursor(handoff.cursor, extent_of(*handoff.stream));
  if (std::holds_alternative<StartPoint>(answer) && !delivery_.has_room(*handoff.stream, handoff.form)) {
    answer = Error{ErrorCode::busy, "This stream is read in as many different forms as it may be at once.",
                   "Leave `types`, `members`, `replay` and `dialect` out, or try again later."};
  }
  if (const auto* start = std::get_if<StartPoint>(&answer)) {
    ++readers_published_;
    parts_.readers.fetch_add(1, std::memory_order_relaxed);
    delivery_.subscribe({fd.release(), handoff.stream, *start, header_lines(handoff), handoff.form});
    return;
  }
  if (const auto* error = std::get_if<Error>(&answer)) {
    const auto reply = problem(*error, {.stream_id = handoff.stream->id().str()});
    return adopt(std::move(fd), std::move(permit), no_stream(reply, handoff, parts_.options.scrubber));
  }
  adopt(std::move(fd), std::move(permit), no_stream(Response(204), handoff, parts_.options.scrubber));
}

std::optional<milliseconds> LoopServer::time_in(Phase phase) const {
  const auto& options = parts_.options;
  switch (phase) {
    case Phase::head:
      return options.head_timeout;
    case Phase::idle:
      return options.keep_alive_idle;
    case Phase::body:
      return options.body_timeout;
    case Phase::answering:
      return options.answer_timeout;
    case Phase::deferred:
      return {};
    case Phase::writing:
      return options.reply_timeout;
    case Phase::lingering:
      return options.linger;
  }
  return {};
}

void LoopServer::schedule_sweep() {
  sweep_timer_ = loop_.after(parts_.options.sweep_every, [this] {
    sweep();
    schedule_sweep();
  });
}

void LoopServer::sweep() {
  const SteadyTime now = loop_.now();
  for (std::size_t i = 0; i < phase_count; ++i) {
    const auto time = time_in(static_cast<Phase>(i));
    // Longest first, and all with the same time: the first that is not due ends the round.
    while (time && !lists_[i].empty() && now - lists_[i].front()->since_ >= *time) {
      const auto connection = lists_[i].front();
      connection->expire();
    }
  }
  cut_slow_bodies(now);
  publish_readers();
}

void LoopServer::cut_slow_bodies(SteadyTime now) {
  auto& bodies = list(Phase::body);
  for (auto at = bodies.begin(); at != bodies.end();) {
    const auto connection = *at++;  // it leaves this list when it is cut
    if (connection->too_slow(now)) connection->expire();
  }
}

void LoopServer::publish_readers() {
  const std::size_t now = delivery_.readers();
  parts_.readers.fetch_add(now - readers_published_, std::memory_order_relaxed);  // modular: may go down
  readers_published_ = now;
}

}  // namespace plenum::http
