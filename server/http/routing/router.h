// Answers one request: origin policy, route, handler, and the headers that every response has.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"
#include "server/http/routing/format_routers.h"
#include "server/http/routing/origin_policy.h"
#include "server/http/routing/route_table.h"

namespace plenum::http {

// Const after construction: any thread, many requests at once.
class Router {
 public:
  // All arguments must outlive the router. The table is a parameter for tests. formats: of the path prefixes; null:
  // none.
  Router(const HandlerContext& context, const OriginPolicy& policy, std::span<const Route> table = all_routes(),
         const FormatRouters* formats = nullptr)
      : context_(context), policy_(policy), table_(table), formats_(formats) {}

  // Never throws: an exception of a handler is logged and becomes a 500 problem document.
  HandlerResult respond(const Request& request) const;
  // The complete response, if the head alone determines that the request is rejected; absent otherwise. Cheap, so it
  // may be called on a loop.
  std::optional<Response> early_rejection(const RequestHead& head) const;
  // That of the request's route; without one: read. Cheap.
  RouteKind kind_of(const RequestHead& head) const;
  const redaction::Scrubber& scrubber() const { return context_.scrubber; }

 private:
  // Adds the headers of every response to that of one request. The scrubber outlives it.
  struct Completion {
    std::string request_id;
    std::vector<std::pair<std::string, std::string>> cors;
    const redaction::Scrubber& scrubber;

    Response operator()(Response response) const;
  };

  // The route of a request, or the response in its place.
  std::variant<RouteMatch, Response> resolve(const RequestHead& head) const;
  HandlerResult dispatch(const Request& request) const;
  Completion completion_for(const RequestHead& head) const;
  HandlerResult finish(HandlerResult result, const Request& request) const;

  const HandlerContext& context_;
  const OriginPolicy& policy_;
  const std::span<const Route> table_;
  const FormatRouters* const formats_;
};

}  // namespace plenum::http
