// What the servers of all loops share. Owned by HttpServer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/error.h"
#include "server/http/server/connection_limiter.h"
#include "server/http/server/http_server_options.h"
#include "server/http/server/httplib_adapter.h"
#include "server/http/shared/shared_renders.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/thread_pool.h"

namespace plenum::http {

class LoopServer;

// Any thread.
struct ServerCounters {
  std::atomic<std::uint64_t> accepted{0}, requests{0}, accept_errors{0};
  // Error responses of the server itself, by ErrorCode.
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(ErrorCode::frame_too_large) + 1> rejected{};
};

struct SharedServerState {
  SharedServerState(const HttpServerOptions& limits, const HttplibAdapter& http_adapter, runtime::ThreadPool& readers,
                    runtime::ThreadPool& writers, std::shared_ptr<SharedRenders> shared_renders);
  ~SharedServerState();

  // The server of this loop. Any thread.
  LoopServer& server_on(const runtime::EventLoop& loop) const;
  // The threads for requests of this kind, which is not `probe`. Any thread.
  runtime::ThreadPool& threads_for(RouteKind kind) const {
    return kind == RouteKind::change ? write_threads : read_threads;
  }

  const HttpServerOptions& options;                     // set once
  const HttplibAdapter& adapter;                        // set once
  runtime::ThreadPool& read_threads;                    // set once
  runtime::ThreadPool& write_threads;                   // set once: they wait for the disk
  const std::shared_ptr<runtime::MemoryBudget> memory;  // set once; any thread
  const std::shared_ptr<SharedRenders> renders;         // set once; any thread
  const std::shared_ptr<ConnectionLimiter> limiter;     // set once; permits share it
  ServerCounters counters;                              // any thread
  std::atomic<std::size_t> subscribers{0};              // any thread: sockets of streams; each loop adds its own
  std::atomic<bool> closing{false};                     // any thread
  std::vector<std::unique_ptr<LoopServer>> servers;     // set once before start; each is used only on its loop
};

}  // namespace plenum::http
