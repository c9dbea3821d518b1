// The server's front door: one listening socket, a door on every loop behind it, and the request
// threads. Everything that comes from the network passes here first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/core/provider.h"
#include "server/http/handlers/handlers.h"
#include "server/http/server/http_server_options.h"
#include "server/http/sse/broadcaster.h"
#include "server/runtime/event_loop_group.h"
#include "server/task/task_service.h"

namespace plenum::http {

// Built, started and stopped by one owner; counts() may be called from any thread.
class HttpServer {
 public:
  // deliveries: one for each loop, in their order. Everything must outlive the front door.
  HttpServer(runtime::EventLoopGroup& loops, task::TaskService& tasks, const core::ProviderDirectory& providers,
             const core::ProviderMonitor& monitor, std::vector<Broadcaster*> deliveries, HttpServerOptions options);
  ~HttpServer();  // stops

  // Takes the address; connections wait in the backlog until start(). Port 0: any free one. Returns the
  // port. Fails with config_invalid when the address cannot be had, also when another program listens
  // there, and when the process may not open a useful number of descriptors.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  // Begins to accept. Before or while the loops run.
  void start();
  // Accepts no more (who connects is refused), closes idle connections; requests that have begun are
  // answered, and their connections then close. Until then /readyz answers, with 503 while the tasks
  // drain. Any thread.
  void stop_accepting();
  // Ends the request threads and closes every connection. The loops must have stopped.
  void stop();

  HttpServerStats counts() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace plenum::http
