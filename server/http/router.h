// One request through the house: gate, route, handler, and what every reply carries.
#pragma once

#include <span>

#include "server/http/gate.h"
#include "server/http/reply.h"
#include "server/http/request.h"
#include "server/http/route_table.h"
#include "server/http/routes.h"

namespace plenum::http {

// Const after construction: any thread, many requests at once.
class Router {
 public:
  // All must outlive the router. The table is a parameter so that a test can give its own.
  Router(const House& house, const Gate& gate, std::span<const Route> table = all_routes())
      : house_(house), gate_(gate), table_(table) {}

  // Never throws: whatever a handler throws becomes a 500 problem document, and the log says why.
  Outcome answer(const Request& request) const;
  const secret::Scrubber& scrubber() const { return house_.scrubber; }

 private:
  Outcome routed(const Request& request) const;
  Outcome finished(Outcome outcome, const Request& request) const;

  const House& house_;
  const Gate& gate_;
  const std::span<const Route> table_;
};

}  // namespace plenum::http
