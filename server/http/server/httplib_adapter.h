// The context's only door to cpp-httplib. The library answers one whole, clean, bounded request that was
// read and judged before; it never sees a socket (docs/decisions: why it does not hold streams).
#pragma once

#include <string>
#include <variant>

#include "server/http/message/request.h"
#include "server/http/message/response.h"
#include "server/http/routing/router.h"

namespace plenum::http {

// A finished answer, ready to be written.
struct SerializedResponse {
  std::string bytes;
  bool keep_alive = false;
};

using Answer = std::variant<SerializedResponse, StreamHandoff, DeferredResponse>;

// Const after construction: any thread, many requests at once.
class HttplibAdapter {
 public:
  // The router must outlive this.
  explicit HttplibAdapter(const Router& router) : router_(router) {}

  // Never throws: what the library throws becomes a 500.
  Answer serve(const Request& request) const;

 private:
  const Router& router_;
};

}  // namespace plenum::http
