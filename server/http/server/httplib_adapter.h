// The only file that includes cpp-httplib. The library processes one complete, validated, bounded request; it never
// has a socket (docs/decisions: why it does not serve streams).
#pragma once

#include <string>
#include <variant>

#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"
#include "server/http/routing/router.h"

namespace plenum::http {

using ServeResult = std::variant<SerializedResponse, StreamHandoff, DeferredResponse>;

// Const after construction: any thread, many requests at once.
class HttplibAdapter {
 public:
  // The router must outlive this.
  explicit HttplibAdapter(const Router& router) : router_(router) {}

  // Never throws: an exception of the library becomes a 500.
  ServeResult serve(const Request& request) const;
  const Router& router() const { return router_; }

 private:
  const Router& router_;
};

}  // namespace plenum::http
