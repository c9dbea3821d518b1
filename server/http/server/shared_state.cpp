#include "server/http/server/shared_state.h"

#include "server/http/server/loop_server.h"

namespace plenum::http {

SharedServerState::SharedServerState(const HttpServerOptions& limits, const HttplibAdapter& http_adapter,
                                     runtime::ThreadPool& readers, runtime::ThreadPool& writers,
                                     std::shared_ptr<SharedRenders> shared_renders)
    : options(limits),
      adapter(http_adapter),
      read_threads(readers),
      write_threads(writers),
      memory(limits.memory),
      renders(std::move(shared_renders)),
      limiter(std::make_shared<ConnectionLimiter>(limits.connections_max, limits.connections_per_address_max,
                                                  limits.connections_per_address_exempt, limits.memory)) {}

SharedServerState::~SharedServerState() = default;

LoopServer& SharedServerState::server_on(const runtime::EventLoop& loop) const {
  for (const auto& server : servers) {
    if (&server->loop() == &loop) return *server;
  }
  return *servers.front();
}

}  // namespace plenum::http
