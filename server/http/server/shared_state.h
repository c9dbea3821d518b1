// What the doors of all loops share. Owned by the front door; any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/http/server/connection_limiter.h"
#include "server/http/server/http_server_options.h"
#include "server/http/server/httplib_adapter.h"
#include "server/runtime/thread_pool.h"

namespace plenum::http {

class LoopServer;

struct ServerCounters {
  std::atomic<std::uint64_t> accepted{0}, requests{0}, accept_errors{0};
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(ErrorCode::frame_too_large) + 1> refused{};
};

struct SharedServerState {
  SharedServerState(const HttpServerOptions& limits, const HttplibAdapter& server, runtime::ThreadPool& threads);
  ~SharedServerState();

  const HttpServerOptions& options;                    // set once
  const HttplibAdapter& library;                       // set once
  runtime::ThreadPool& requests;                       // set once: the request threads
  const std::shared_ptr<ConnectionLimiter> admission;  // set once; permits keep it
  ServerCounters counters;                             // any thread
  std::atomic<std::size_t> readers{0};                 // any thread: sockets with streams; each door writes its share
  std::atomic<std::size_t> unsent_bytes{0};            // any thread: of answers that clients have not taken yet
  std::atomic<bool> closing{false};                    // any thread
  std::vector<std::unique_ptr<LoopServer>> doors;      // set once before start; each only on its loop

  // The door of this loop.
  LoopServer& server_on(const runtime::EventLoop& loop) const;
};

}  // namespace plenum::http
