// Programs of other projects that tests start: interpreters, compilers, proxies.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process/child_process.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

// How a program of PATH is started. Throws Failure with the remedy if it is not installed.
Command external_command(const std::string& program, std::vector<std::string> args,
                         std::map<std::string, std::string> env = {});

// A reverse proxy with its configuration of docs/examples, on a free loopback port in front of a server. It serves
// requests when the constructor returns; throws Failure otherwise. Only the test's thread.
class ProxyProcess {
 public:
  // `kind` is nginx, haproxy, caddy or varnish.
  ProxyProcess(const std::string& kind, std::uint16_t server_port);
  ~ProxyProcess();

  std::uint16_t port() const { return port_; }
  // HAProxy only: the answer of its statistics socket to a command.
  std::string statistics(const std::string& command) const;

 private:
  TempDir dir_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace plenum::tests
