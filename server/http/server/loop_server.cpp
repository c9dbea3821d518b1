#include "server/http/server/loop_server.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include "common/base/ids.h"
#include "common/protocol/api_paths.h"
#include "server/http/sse/control_frames.h"
#include "server/http/sse/cursor.h"

namespace plenum::http {
namespace {

// Over the connection limit, at most this many connections at once get an error response; others are closed silently.
constexpr std::size_t rejected_connections_max = 64;

// Additional lines of the stream's response head. Through Response, whose check prevents response splitting.
std::string header_lines(const StreamHandoff& handoff) {
  Response lines(200);
  lines.header("X-Request-Id", handoff.request_id);
  for (const auto& [name, value] : handoff.headers) lines.header(name, value);
  std::string out;
  for (const auto& [name, value] : lines.headers()) out.append(name).append(": ").append(value).append("\r\n");
  return out;
}

std::shared_ptr<const void> shared_permit(std::optional<Permit> permit) {
  return permit ? std::make_shared<const Permit>(std::move(*permit)) : nullptr;
}

// The bytes of a response in place of a stream.
std::string final_response(Response response, const StreamHandoff& handoff, const redaction::Scrubber& scrubber) {
  for (const auto& [name, value] : handoff.headers) response.header(name, value);
  return serialize_error(std::move(response), handoff.request_id, scrubber);
}

}  // namespace

LoopServer::LoopServer(runtime::EventLoop& loop, SharedServerState& shared, Broadcaster& broadcaster)
    : loop_(loop),
      shared_(shared),
      broadcaster_(broadcaster),
      multiplexer_(loop, broadcaster.options(),
                   [&shared](const runtime::EventLoop& owner) -> FeedSources& {
                     return shared.server_on(owner).multiplexer_.sources();
                   }),
      listener_(
          loop, [this](runtime::UniqueFd fd, const sockaddr_storage& peer) { accepted(std::move(fd), peer); },
          shared.counters.accept_errors) {}

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
  // An idle connection has no request in progress, so closing it loses nothing.
  while (!list(Phase::idle).empty()) {
    const auto connection = list(Phase::idle).front();
    connection->expire();
  }
}

void LoopServer::accepted(runtime::UniqueFd fd, const sockaddr_storage& peer) {
  shared_.counters.accepted.fetch_add(1, std::memory_order_relaxed);
  auto permit = shared_.limiter->admit(peer);
  if (permit) {
    add(std::move(fd), std::move(*permit));
    return;
  }
  const Error& error = permit.error();
  shared_.counters.rejected[static_cast<std::size_t>(error.code)].fetch_add(1, std::memory_order_relaxed);
  if (rejected_connections_ < rejected_connections_max) {
    add_for_error(std::move(fd), std::nullopt,
                  serialize_error(problem(error), random_hex(8), shared_.options.scrubber));
  }
}

Connection* LoopServer::add(runtime::UniqueFd fd, std::optional<Permit> permit) {
  auto& heads = list(Phase::head);
  heads.push_back(std::make_shared<Connection>(*this, shared_, std::move(fd), std::move(permit)));
  auto& connection = *heads.back();
  connection.phase_entry() = {std::prev(heads.end()), loop_.now(), Phase::head};
  if (!connection.has_permit()) ++rejected_connections_;
  // Edge-triggered and for all events, once: a request then costs no call of epoll_ctl.
  if (loop_.watch(connection.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, connection)) return &connection;
  remove(connection);
  return nullptr;
}

void LoopServer::add_for_error(runtime::UniqueFd fd, std::optional<Permit> permit, std::string final_response) {
  auto* connection = add(std::move(fd), std::move(permit));
  if (connection == nullptr) return;
  const auto alive = connection->shared_from_this();
  alive->respond_and_close(std::move(final_response));
}

void LoopServer::set_phase(Connection& connection, Phase phase) {
  PhaseEntry& entry = connection.phase_entry();
  list(phase).splice(list(phase).end(), list(entry.phase), entry.position);
  entry.phase = phase;
  entry.since = loop_.now();
}

void LoopServer::resume_later(Connection& connection) {
  loop_.post([weak = connection.weak_from_this()] {
    if (const auto found = weak.lock()) found->on_ready(EPOLLIN);
  });
}

void LoopServer::remove(Connection& connection) {
  if (connection.fd() >= 0) loop_.unwatch(connection.fd(), connection);
  if (!connection.has_permit() && rejected_connections_ > 0) --rejected_connections_;
  list(connection.phase_entry().phase).erase(connection.phase_entry().position);
}

// The request thread posts its result to this loop. If the connection is closed by then, the result is dropped: the
// weak pointer is locked only here, on the connection's own loop.
bool LoopServer::submit(Connection& connection, Request request, std::shared_ptr<RequestTicket> ticket,
                        runtime::MemoryCharge memory) {
  shared_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  const SteadyTime due = loop_.now() + shared_.options.response_timeout;
  const RouteKind kind = ticket->kind();
  auto execute = [&adapter = shared_.adapter, &loop = loop_, due, weak = connection.weak_from_this(),
                  ticket = std::move(ticket), request = std::move(request), memory = std::move(memory)] {
    // If its client has left or got a timeout, the request must not be executed any more.
    if (weak.expired() || loop.clock().steady() >= due || !ticket->begin()) return;
    loop.post([weak, result = adapter.serve(request)]() mutable {
      if (const auto found = weak.lock()) found->on_response(std::move(result));
    });
  };
  // Posted also from the loop itself: a client that pipelines requests must not nest their execution.
  if (kind == RouteKind::probe) return loop_.post(std::move(execute)), true;
  return shared_.threads_for(kind).submit(std::move(execute));
}

std::shared_ptr<LongPoll> LoopServer::start_long_poll(Connection& connection, DeferredResponse deferred,
                                                      ResponseFraming framing) {
  // Called on the stream's loop. Rendering may be slow, so it runs on a request thread.
  auto on_ready = [&shared = shared_, &loop = loop_, weak = connection.weak_from_this(),
                   framing](const std::function<Response()>& render) {
    const auto respond = [&loop, weak](SerializedResponse bytes) {
      loop.post([weak, response = std::move(bytes)]() mutable {
        if (const auto found = weak.lock()) found->on_response(std::move(response));
      });
    };
    // Beyond the bound of the queue: this request was admitted, and may have changed something.
    shared.read_threads.submit_admitted([respond, render, framing] {
      Response response = render();
      std::string head = serialize_head(response, framing);
      respond(with_body(std::move(head), std::move(response), framing));
    });
  };
  auto long_poll = std::make_shared<LongPoll>(std::move(deferred), std::move(on_ready));
  long_poll->owner_loop().post([long_poll] { long_poll->start(); });
  return long_poll;
}

void LoopServer::hand_over(Connection& connection, StreamHandoff handoff) {
  const auto alive = connection.shared_from_this();
  loop_.unwatch(connection.fd(), connection);
  auto fd = connection.release_socket();
  auto permit = connection.release_permit();
  list(connection.phase_entry().phase).erase(connection.phase_entry().position);
  if (handoff.several) return attach_multiplexed(std::move(fd), std::move(permit), std::move(handoff));
  auto& owner_loop = handoff.stream->owner_loop();
  auto& server = shared_.server_on(owner_loop);
  if (&server == this) return attach_subscriber(std::move(fd), std::move(permit), std::move(handoff));
  owner_loop.post([&server, fd = std::move(fd), permit = std::move(permit), handoff = std::move(handoff)]() mutable {
    server.attach_subscriber(std::move(fd), std::move(permit), std::move(handoff));
  });
}

// The cursor is resolved here, on the owner loop: no event can be added between this resolution and the first frame.
void LoopServer::attach_subscriber(runtime::UniqueFd fd, std::optional<Permit> permit, StreamHandoff handoff) {
  auto resolution = resolve_cursor(handoff.cursor, extent_of(*handoff.stream));
  if (std::holds_alternative<StartPoint>(resolution) && !broadcaster_.accepts(*handoff.stream, handoff.view)) {
    resolution = Error{ErrorCode::busy, "This stream has too many different views at once.",
                       "Omit `types`, `members`, `replay` and `dialect`, or retry later."};
  }
  SharedBodyPtr snapshot;
  if (const auto* at = std::get_if<StartPoint>(&resolution); at != nullptr && at->snapshot && handoff.view.native()) {
    auto rendered = shared_snapshot(*handoff.stream, at->after);
    if (!rendered) {
      resolution = rendered.error();
    } else {
      snapshot = *std::move(rendered);
    }
  }
  if (const auto* start = std::get_if<StartPoint>(&resolution)) {
    ++subscribers_published_;
    shared_.subscribers.fetch_add(1, std::memory_order_relaxed);
    broadcaster_.subscribe({fd.release(), handoff.stream, *start, header_lines(handoff), handoff.view,
                            std::move(snapshot), shared_permit(std::move(permit))});
    return;
  }
  const auto* error = std::get_if<Error>(&resolution);
  Response response = error == nullptr ? Response(204) : problem(*error, {.stream_id = handoff.stream->id().str()});
  add_for_error(std::move(fd), std::move(permit),
                final_response(std::move(response), handoff, shared_.options.scrubber));
}

// One frame for all subscribers that start here.
Result<SharedBodyPtr> LoopServer::shared_snapshot(const stream::Stream& stream, std::uint64_t seq) {
  return shared_.renders->get(fmt::format("frame {} {}", stream.id().str(), seq), render_bytes(stream),
                              [&] { return snapshot_frame(stream, seq); });
}

void LoopServer::attach_multiplexed(runtime::UniqueFd fd, std::optional<Permit> permit, StreamHandoff handoff) {
  ++subscribers_published_;
  shared_.subscribers.fetch_add(1, std::memory_order_relaxed);
  multiplexer_.subscribe(fd.release(), std::move(*handoff.several), header_lines(handoff),
                         shared_permit(std::move(permit)));
}

std::optional<milliseconds> LoopServer::timeout_of(Phase phase) const {
  const auto& options = shared_.options;
  switch (phase) {
    case Phase::head:
      return options.head_timeout;
    case Phase::idle:
      return options.keep_alive_idle;
    case Phase::body:
      return options.body_timeout;
    case Phase::processing:
      return options.response_timeout;
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
  sweep_timer_ = loop_.after(shared_.options.sweep_every, [this] {
    sweep();
    schedule_sweep();
  });
}

void LoopServer::sweep() {
  const SteadyTime now = loop_.now();
  for (std::size_t i = 0; i < phase_count; ++i) {
    const auto timeout = timeout_of(static_cast<Phase>(i));
    // Oldest first, and all with the same timeout: the first one that is not due ends the search.
    while (timeout && !lists_[i].empty() && now - lists_[i].front()->phase_entry().since >= *timeout) {
      const auto connection = lists_[i].front();
      connection->expire();
    }
  }
  expire_slow_bodies(now);
  multiplexer_.sweep();
  publish_subscribers();
}

void LoopServer::expire_slow_bodies(SteadyTime now) {
  auto& bodies = list(Phase::body);
  for (auto at = bodies.begin(); at != bodies.end();) {
    const auto connection = *at++;  // expire() moves it out of this list
    if (connection->too_slow(now)) connection->expire();
  }
}

void LoopServer::publish_subscribers() {
  const std::size_t now = broadcaster_.subscribers() + multiplexer_.connections();
  shared_.subscribers.fetch_add(now - subscribers_published_, std::memory_order_relaxed);  // modular: may decrease
  subscribers_published_ = now;
}

}  // namespace plenum::http
