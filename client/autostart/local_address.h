// The default address: that at which plenumd, started in the same environment, would listen. Pure; any thread.
// Source: docs/configuration.md, `listen`.
#pragma once

#include <string>
#include <string_view>

namespace plenum::client {

struct LocalAddress {
  std::string listen = "127.0.0.1:8080";      // HOST:PORT of plenumd
  std::string url = "http://127.0.0.1:8080";  // for a client on this machine
};

// From the value of PLENUM_LISTEN. Empty, not HOST:PORT, or without a fixed port: the built-in default. A server that
// listens on all addresses is reached at the loopback address.
LocalAddress local_address(std::string_view listen);

}  // namespace plenum::client
