#include "server/http/routing/router.h"

#include <exception>

#include "server/telemetry/log.h"

namespace plenum::http {
namespace {

// The text of an exception can hold anything, so it goes to the log and never on the wire.
Response after_exception(std::string_view path, std::string_view request_id, std::string_view what) {
  log::error("request {} to {} failed inside the server: {}", request_id, path, what);
  return problem(Error{ErrorCode::internal, "The server failed while it worked on this request.",
                       "Try again; if it stays so, report the request id."});
}

// Calls f; what it throws becomes a reply.
template <class F>
auto guarded(const Request& request, std::string_view request_id, F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const std::exception& fault) {
    return after_exception(request.head.path, request_id, fault.what());
  } catch (...) {
    return after_exception(request.head.path, request_id, "something that is no std::exception");
  }
}

Response removed_meanwhile() {
  return problem(Error{ErrorCode::stream_gone, "The stream was removed while this request waited for it."});
}

Response options_reply(std::string_view allow) {
  Response reply(204);
  reply.header("Allow", allow);
  return reply;
}

}  // namespace

HandlerResult Router::routed(const Request& request) const {
  // First, on every route: a page that may not ask must not even learn which routes there are.
  if (const auto error = gate_.refuses(request.head)) return problem(*error).closing();
  const auto& head = request.head;
  const auto match = find_route(table_, head.method, head.path);
  if (!match.path_known) {
    return problem(
        Error{ErrorCode::not_found, "There is nothing at this path.", "The routes are listed in docs/protocol.md."});
  }
  const auto allow = allowed_methods(table_, head.path);
  if (head.method == Method::options) return options_reply(allow);
  if (match.route == nullptr) {
    Error error{ErrorCode::method_not_allowed, "This path does not know the method.", "Use one of: " + allow + "."};
    auto reply = problem(error);
    reply.header("Allow", allow);
    return reply;
  }
  if (match.route->takes_body && !head.has_length) {
    return problem(
        Error{ErrorCode::length_required, "The request does not say how long its body is.", "Send a Content-Length."});
  }
  return match.route->handler(context_, request, match.id);
}

HandlerResult Router::finished(HandlerResult outcome, const Request& request) const {
  std::string request_id = request_id_of(request.head);
  context_.scrubber.scrub(request_id);
  const auto extra = gate_.headers_for(request.head);
  const auto dress = [request_id, extra, &scrubber = context_.scrubber](Response reply) {
    add_common_headers(reply, request_id, scrubber);
    for (const auto& [name, value] : extra) reply.header(name, value);
    return reply;
  };
  if (auto* reply = std::get_if<Response>(&outcome)) return dress(std::move(*reply));
  if (auto* handoff = std::get_if<StreamHandoff>(&outcome)) {
    handoff->headers.insert(handoff->headers.end(), extra.begin(), extra.end());
    handoff->request_id = request_id;
    return outcome;
  }
  auto& deferred = std::get<DeferredResponse>(outcome);
  // Only the head: the body has been read, and may be large.
  Request asked{request.head, {}, request.keep_alive};
  deferred.answer = [render = std::move(deferred.render), dress, request_id, asked](bool removed) {
    if (removed) return dress(removed_meanwhile());
    return dress(guarded(asked, request_id, render));
  };
  return outcome;
}

HandlerResult Router::answer(const Request& request) const {
  HandlerResult outcome = guarded(request, request_id_of(request.head), [&] { return routed(request); });
  // A POST without a length has no body (RFC 9112, 6.3). If bytes follow all the same, they must not be
  // taken for the next request.
  auto* reply = std::get_if<Response>(&outcome);
  if (reply != nullptr && request.head.method == Method::post && !request.head.has_length) reply->closing();
  return finished(std::move(outcome), request);
}

}  // namespace plenum::http
