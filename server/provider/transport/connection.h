// How the connections of one provider are made.
#pragma once

#include <memory>
#include <string>

#include "server/provider/transport/certificate_files.h"
#include "server/provider/transport/proxy.h"

namespace plenum::provider {

// Const after construction: any thread.
struct ConnectionOptions {
  std::shared_ptr<const Proxy> proxy{};  // null: directly
  Authorities authorities{};
  std::string client_cert{}, client_key{};  // PEM files; empty: none is presented
};

}  // namespace plenum::provider
