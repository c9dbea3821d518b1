#include "server/http/server/http_server.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

#include "server/http/routing/router.h"
#include "server/http/server/listener.h"
#include "server/http/server/loop_server.h"
#include "server/telemetry/log.h"

namespace plenum::http {
namespace {

// Descriptors that are not connections: log, store, epoll, upstream connections.
constexpr std::size_t descriptors_for_others = 256;
constexpr std::size_t connections_useful_min = 64;

// Raises the soft limit as far as it is needed and allowed. How many connections fit then.
std::size_t connections_that_fit(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = wanted + descriptors_for_others;
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= needed) return wanted;
  return limit.rlim_cur > descriptors_for_others ? limit.rlim_cur - descriptors_for_others : 0;
}

}  // namespace

// In the order in which they are built; they go in reverse.
struct HttpServer::Parts {
  Parts(runtime::EventLoopGroup& all_loops, task::TaskService& tasks, const core::ProviderDirectory& providers,
        const core::ProviderMonitor& monitor, std::vector<Broadcaster*> all_deliveries, HttpServerOptions given,
        std::function<HttpServerStats()> counts)
      : loops(all_loops),
        deliveries(std::move(all_deliveries)),
        options(std::move(given)),
        gate(options.gate),
        context{tasks,
                providers,
                monitor,
                loops.at(0).clock(),
                loops.at(0).clock().steady(),
                std::move(counts),
                options.heartbeat,
                options.scrubber,
                std::make_shared<Idempotency>(IdempotencyOptions{}, tasks.streams().store())} {}

  runtime::EventLoopGroup& loops;
  const std::vector<Broadcaster*> deliveries;
  HttpServerOptions options;
  OriginPolicy gate;
  const HandlerContext context;
  const Router router{context, gate};
  const HttplibAdapter library{router};
  std::unique_ptr<runtime::ThreadPool> requests;
  UniqueFd listening;
  std::unique_ptr<SharedServerState> shared;
};

HttpServer::HttpServer(runtime::EventLoopGroup& loops, task::TaskService& tasks,
                       const core::ProviderDirectory& providers, const core::ProviderMonitor& monitor,
                       std::vector<Broadcaster*> deliveries, HttpServerOptions options)
    : parts_(std::make_unique<Parts>(loops, tasks, providers, monitor, std::move(deliveries), std::move(options),
                                     [this] { return counts(); })) {}

HttpServer::~HttpServer() { stop(); }

Result<std::uint16_t> HttpServer::listen(const std::string& host, std::uint16_t port) {
  auto& parts = *parts_;
  const auto fit = connections_that_fit(parts.options.connections_max);
  if (fit < std::min(connections_useful_min, parts.options.connections_max)) {
    return Failure(Error{ErrorCode::config_invalid, "The limit of open files leaves no room for connections.",
                         "Raise it, e.g. `ulimit -n 16384`."});
  }
  if (fit < parts.options.connections_max) {
    log::warning("the limit of open files lowers connections_max from {} to {}", parts.options.connections_max, fit);
    parts.options.connections_max = fit;
  }
  auto socket = listen_on(host, port, parts.options.backlog);
  if (!socket) return Failure(socket.error());
  parts.gate.set_listen_host(host);
  parts.listening = std::move(*socket);
  return port_of(parts.listening.get());
}

void HttpServer::start() {
  auto& parts = *parts_;
  const auto& options = parts.options;
  parts.requests = std::make_unique<runtime::ThreadPool>("request", options.request_threads, options.request_queue_max);
  parts.shared = std::make_unique<SharedServerState>(options, parts.library, *parts.requests);
  for (unsigned i = 0; i < parts.loops.count(); ++i) {
    parts.shared->doors.push_back(
        std::make_unique<LoopServer>(parts.loops.at(i), *parts.shared, *parts.deliveries.at(i)));
  }
  for (const auto& door : parts.shared->doors) {
    door->loop().post([&door = *door, fd = parts.listening.get()] { door.start(fd); });
  }
}

void HttpServer::stop_accepting() {
  if (!parts_->shared) return;
  parts_->shared->closing.store(true);
  for (const auto& door : parts_->shared->doors) {
    door->loop().post([&door = *door, fd = parts_->listening.get()] {
      door.stop_accepting();
      ::shutdown(fd, SHUT_RDWR);  // who comes now is refused at once instead of waiting in the backlog
    });
  }
}

void HttpServer::stop() {
  parts_->requests.reset();  // first: they post to the loops and ask the context
  if (parts_->shared) parts_->shared->doors.clear();
  parts_->listening.reset();
}

HttpServerStats HttpServer::counts() const {
  HttpServerStats counts;
  if (!parts_->shared) return counts;
  const auto& shared = *parts_->shared;
  counts.accepted = shared.counters.accepted.load(std::memory_order_relaxed);
  counts.requests = shared.counters.requests.load(std::memory_order_relaxed);
  counts.accept_errors = shared.counters.accept_errors.load(std::memory_order_relaxed);
  counts.open = shared.admission->open();
  counts.readers = shared.readers.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < shared.counters.refused.size(); ++i) {
    const auto count = shared.counters.refused[i].load(std::memory_order_relaxed);
    if (count > 0) counts.refused.emplace(row_of(static_cast<ErrorCode>(i)).name, count);
  }
  return counts;
}

}  // namespace plenum::http
