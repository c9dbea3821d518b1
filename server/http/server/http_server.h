// The HTTP server: one listening socket, a LoopServer on every event loop, and the request threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/core/provider.h"
#include "server/http/handlers/handler_context.h"
#include "server/http/server/http_server_options.h"
#include "server/http/sse/broadcaster.h"
#include "server/runtime/event_loop_group.h"
#include "server/task/task_service.h"

namespace plenum::http {

// Constructed, started and stopped by one thread; stats() and stop_accepting(): any thread.
class HttpServer {
 public:
  // broadcasters: one per loop, in the order of the loops. All arguments must outlive the server.
  HttpServer(runtime::EventLoopGroup& loops, task::TaskService& tasks, const core::ProviderDirectory& providers,
             const core::ProviderMonitor& monitor, std::vector<Broadcaster*> broadcasters, HttpServerOptions options);
  ~HttpServer();  // stops

  // Binds the address; connections wait in the backlog until start(). Port 0: any free port. Returns the port.
  // Fails with config_invalid if the address is not available, or if the process may open too few descriptors.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  // Starts to accept. Before or while the loops run.
  void start();
  // Announces the shutdown to the connections that carry several streams; those of one stream belong to the
  // broadcasters.
  void drain(std::chrono::milliseconds window);
  // Stops accepting: new connections are rejected by the kernel, idle ones close, pending requests get their response
  // and their connections close after it. Until stop(), /readyz responds with 503.
  void stop_accepting();
  // Joins the request threads and closes every connection. The loops must have stopped.
  void stop();

  HttpServerStats stats() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace plenum::http
