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

// Of the responses that are in memory without a store.
std::size_t idempotency_bytes(const runtime::MemoryBudget& memory) {
  constexpr std::size_t most = 64 * 1024 * 1024;
  return std::min(most, memory.share_of(runtime::MemoryKind::idempotency) / 2);
}

// Raises the soft descriptor limit as far as needed and allowed. Returns the number of connections that fit.
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

// In order of construction; destroyed in reverse.
struct HttpServer::Parts {
  Parts(runtime::EventLoopGroup& all_loops, task::TaskService& tasks, const core::ProviderDirectory& providers,
        const core::ProviderMonitor& monitor, std::vector<Broadcaster*> all_broadcasters, HttpServerOptions given,
        std::function<HttpServerStats()> stats)
      : loops(all_loops),
        broadcasters(std::move(all_broadcasters)),
        options(std::move(given)),
        origin_policy(options.origin_policy),
        context{tasks,
                providers,
                monitor,
                loops.at(0).clock(),
                loops.at(0).clock().steady(),
                std::move(stats),
                options.heartbeat,
                options.scrubber,
                std::make_shared<Idempotency>(IdempotencyOptions{.bytes_max = idempotency_bytes(*options.memory)},
                                              tasks.streams().store(), options.memory),
                options.default_format,
                options.memory,
                std::make_shared<SharedRenders>(options.memory, options.scrubber)} {
    options.limits.methods = all_methods(all_routes());
  }

  runtime::EventLoopGroup& loops;
  const std::vector<Broadcaster*> broadcasters;
  HttpServerOptions options;
  OriginPolicy origin_policy;
  const HandlerContext context;
  const FormatRouters format_routers{context, origin_policy};
  const Router router{context, origin_policy, all_routes(), &format_routers};
  const HttplibAdapter adapter{router};
  std::unique_ptr<runtime::ThreadPool> read_threads, write_threads;
  runtime::UniqueFd listening;
  std::unique_ptr<SharedServerState> shared;
};

HttpServer::HttpServer(runtime::EventLoopGroup& loops, task::TaskService& tasks,
                       const core::ProviderDirectory& providers, const core::ProviderMonitor& monitor,
                       std::vector<Broadcaster*> broadcasters, HttpServerOptions options)
    : parts_(std::make_unique<Parts>(loops, tasks, providers, monitor, std::move(broadcasters), std::move(options),
                                     [this] { return stats(); })) {}

HttpServer::~HttpServer() { stop(); }

Result<std::uint16_t> HttpServer::listen(const std::string& host, std::uint16_t port) {
  auto& parts = *parts_;
  const auto fit = connections_that_fit(parts.options.connections_max);
  if (fit < std::min(connections_useful_min, parts.options.connections_max)) {
    return Failure(
        Error{ErrorCode::config_invalid, "The limit of open files is too low.", "Raise it, e.g. `ulimit -n 16384`."});
  }
  if (fit < parts.options.connections_max) {
    log::warning("the limit of open files reduces connections_max from {} to {}", parts.options.connections_max, fit);
    parts.options.connections_max = fit;
  }
  auto socket = listen_on(host, port, parts.options.backlog);
  if (!socket) return Failure(socket.error());
  parts.origin_policy.set_listen_host(host);
  parts.listening = std::move(*socket);
  return port_of(parts.listening.get());
}

void HttpServer::start() {
  auto& parts = *parts_;
  const auto& options = parts.options;
  parts.read_threads =
      std::make_unique<runtime::ThreadPool>("request", options.request_threads, options.request_queue_max);
  parts.write_threads =
      std::make_unique<runtime::ThreadPool>("write", options.write_threads, options.request_queue_max);
  parts.shared = std::make_unique<SharedServerState>(options, parts.adapter, *parts.read_threads, *parts.write_threads,
                                                     parts.context.renders);
  for (unsigned i = 0; i < parts.loops.count(); ++i) {
    parts.shared->servers.push_back(
        std::make_unique<LoopServer>(parts.loops.at(i), *parts.shared, *parts.broadcasters.at(i)));
  }
  for (const auto& server : parts.shared->servers) {
    server->loop().post([&server = *server, fd = parts.listening.get()] { server.start(fd); });
  }
}

void HttpServer::drain(std::chrono::milliseconds window) {
  if (!parts_->shared) return;
  for (const auto& server : parts_->shared->servers) {
    server->loop().post([&server = *server, window] { server.drain(window); });
  }
}

void HttpServer::stop_accepting() {
  if (!parts_->shared) return;
  parts_->shared->closing.store(true);
  for (const auto& server : parts_->shared->servers) {
    server->loop().post([&server = *server, fd = parts_->listening.get()] {
      server.stop_accepting();
      ::shutdown(fd, SHUT_RDWR);  // new connections fail at once instead of waiting in the backlog
    });
  }
}

void HttpServer::stop() {
  // First: they post to the loops and use the context.
  parts_->write_threads.reset();
  parts_->read_threads.reset();
  if (parts_->shared) parts_->shared->servers.clear();
  parts_->listening.reset();
}

HttpServerStats HttpServer::stats() const {
  HttpServerStats stats;
  if (!parts_->shared) return stats;
  const auto& shared = *parts_->shared;
  stats.accepted = shared.counters.accepted.load(std::memory_order_relaxed);
  stats.requests = shared.counters.requests.load(std::memory_order_relaxed);
  stats.accept_errors = shared.counters.accept_errors.load(std::memory_order_relaxed);
  stats.subscribers = shared.subscribers.load(std::memory_order_relaxed);
  const std::size_t permits = shared.limiter->open();  // of subscribers as well, and exact
  stats.open = permits - std::min(permits, stats.subscribers);
  for (std::size_t i = 0; i < shared.counters.rejected.size(); ++i) {
    const auto count = shared.counters.rejected[i].load(std::memory_order_relaxed);
    if (count > 0) stats.rejected.emplace(row_of(static_cast<ErrorCode>(i)).name, count);
  }
  return stats;
}

}  // namespace plenum::http
