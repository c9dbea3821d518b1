#include "tests/flow/faults/outbound_proxy.h"

#include <signal.h>

#include <sstream>

#include "tests/support/failure.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

std::uint16_t unused_port() {
  std::uint16_t port = 0;
  const Fd listener = listen_loopback(port);
  return port;
}

OutboundProxy OutboundProxy::http(const Credentials& credentials, const std::string& more) {
  OutboundProxy proxy;
  proxy.dir_ = std::make_unique<TempDir>();
  proxy.port_ = unused_port();
  std::string config = "Port " + std::to_string(proxy.port_) +
                       "\nListen 127.0.0.1\nTimeout 60\nLogLevel Info\nMaxClients 50\nAllow 127.0.0.1\n";
  if (!credentials.user.empty()) config += "BasicAuth " + credentials.user + " " + credentials.password + "\n";
  const Command command{.program = "/usr/bin/env",
                        .args = {"tinyproxy", "-d", "-c", proxy.dir_->write("tinyproxy.conf", config + more)},
                        .env = {{"LD_PRELOAD", STALLED_NAMES_PATH}},
                        .stdin_text = {}};
  proxy.process_ = std::make_unique<ChildProcess>(command);
  if (!proxy.process_->wait_for_out("Accepting connections", seconds(10))) {
    throw Failure("tinyproxy did not start:\n" + proxy.process_->out() + proxy.process_->err());
  }
  return proxy;
}

OutboundProxy OutboundProxy::socks(const Credentials& credentials) {
  OutboundProxy proxy;
  proxy.port_ = unused_port();
  Command command{.program = "/usr/bin/env",
                  .args = {"microsocks", "-i", "127.0.0.1", "-p", std::to_string(proxy.port_)},
                  .env = {{"LD_PRELOAD", STALLED_NAMES_PATH}},
                  .stdin_text = {}};
  if (!credentials.user.empty()) {
    command.args.insert(command.args.end(), {"-u", credentials.user, "-P", credentials.password});
  }
  proxy.process_ = std::make_unique<ChildProcess>(command);
  // It reports nothing when it is ready.
  const Deadline deadline = seconds(10);
  while (!connect_loopback(proxy.port_)) {
    if (!proxy.process_->running() || deadline.over()) {
      throw Failure("microsocks did not start:\n" + proxy.process_->err());
    }
  }
  return proxy;
}

std::string OutboundProxy::requests() const {
  std::istringstream log(process_->out());
  std::string line, found;
  while (std::getline(log, line)) {
    if (!line.starts_with("CONNECT ") || line.find("Request (") == std::string::npos) continue;
    found += line.substr(line.find("): ") + 3) + "\n";
  }
  return found;
}

void OutboundProxy::stop() {
  process_->signal(SIGKILL);
  if (!process_->wait(seconds(10))) throw Failure("the proxy outlived SIGKILL");
}

}  // namespace plenum::tests
