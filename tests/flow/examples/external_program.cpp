// Starts programs of other projects, and proxies with the configurations of docs/examples.
#include "tests/flow/examples/external_program.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "tests/support/failure.h"
#include "tests/support/net/http_client.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

namespace {

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string file = folder + "/" + name;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  throw Failure(name + " is not installed. Run scripts/setup, for the client matrix scripts/setup --matrix.");
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  listen_loopback(port);
  return port;
}

bool serves(std::uint16_t port) {
  try {
    return get(port, "/livez").status == 200;
  } catch (const Failure&) {
    return false;
  }
}

}  // namespace

Command external_command(const std::string& program, std::vector<std::string> args,
                         std::map<std::string, std::string> env) {
  return {find_program(program), std::move(args), std::move(env), {}};
}

ProxyProcess::ProxyProcess(const std::string& kind, std::uint16_t server_port) : port_(free_port()) {
  find_program(kind == "varnish" ? "varnishd" : kind);
  process_ = std::make_unique<ChildProcess>(external_command(
      "bash", {PROXY_SCRIPT, kind, std::to_string(port_), std::to_string(server_port), dir_.path().string()}));
  const bool ready = eventually([&] { return !process_->running() || serves(port_); }, seconds(30));
  if (!ready || !process_->running()) {
    throw Failure(kind + " does not serve requests; its output:\n" + process_->out() + process_->err());
  }
}

ProxyProcess::~ProxyProcess() {
  // Not SIGKILL: a proxy has children, which only it can end.
  process_->signal(SIGTERM);
  process_->wait(seconds(10));
}

std::string ProxyProcess::statistics(const std::string& command) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (dir_.path() / "haproxy.sock").string();
  if (path.size() >= sizeof(address.sun_path)) throw Failure("the path of the statistics socket is too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw Failure("no statistics socket at " + path);
  }
  send_all(socket.get(), command + "\n", seconds(5));
  std::string answer;
  while (receive(socket.get(), answer, seconds(5)) == Received::bytes) {
  }
  return answer;
}

}  // namespace plenum::tests
