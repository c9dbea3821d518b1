// One request through the context: gate, route, handler, and what every reply carries.
#pragma once

#include <span>

#include "server/http/handlers/handlers.h"
#include "server/http/message/request.h"
#include "server/http/message/response.h"
#include "server/http/routing/origin_policy.h"
#include "server/http/routing/route_table.h"

namespace plenum::http {

// Const after construction: any thread, many requests at once.
class Router {
 public:
  // All must outlive the router. The table is a parameter so that a test can give its own.
  Router(const HandlerContext& context, const OriginPolicy& gate, std::span<const Route> table = all_routes())
      : context_(context), gate_(gate), table_(table) {}

  // Never throws: whatever a handler throws becomes a 500 problem document, and the log says why.
  HandlerResult answer(const Request& request) const;
  const redaction::Scrubber& scrubber() const { return context_.scrubber; }

 private:
  HandlerResult routed(const Request& request) const;
  HandlerResult finished(HandlerResult outcome, const Request& request) const;

  const HandlerContext& context_;
  const OriginPolicy& gate_;
  const std::span<const Route> table_;
};

}  // namespace plenum::http
