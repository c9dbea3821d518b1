#include "server/http/routing/router.h"

#include <exception>

#include "common/base/overloaded.h"
#include "common/protocol/api_paths.h"
#include "server/telemetry/log.h"

namespace plenum::http {
namespace {

// The text of an exception may hold anything, so it is logged and never sent.
Response internal_error(std::string_view path, std::string_view request_id, std::string_view cause) {
  log::error("request {} to {} failed: {}", request_id, path, cause);
  return problem(
      Error{ErrorCode::internal, "Internal server error.", "Try again; if it persists, report the request id."});
}

// Calls f; an exception becomes a response.
template <class F>
auto catch_exceptions(const Request& request, std::string_view request_id, F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const std::exception& exception) {
    return internal_error(request.head.path, request_id, exception.what());
  } catch (...) {
    return internal_error(request.head.path, request_id, "an exception that is not a std::exception");
  }
}

Response stream_removed() {
  return problem(Error{ErrorCode::stream_gone, "The stream was removed while this request waited for it."});
}

}  // namespace

std::variant<RouteMatch, Response> Router::resolve(const RequestHead& head) const {
  const auto match = find_route(table_, head.method, head.path);
  // First, on every route: a page of a foreign origin must not even find out which routes exist.
  if (const auto error = policy_.check(head, match.any_host)) return std::move(problem(*error).closing());
  if (head.path == "*") return std::move(Response(204).header("Allow", all_methods(table_)));
  if (!match.path_known) {
    return problem(Error{ErrorCode::not_found, "No such route.", "docs/protocol.md lists the routes."});
  }
  const auto allow = allowed_methods(table_, head.path);
  if (head.method == Method::options) return std::move(Response(204).header("Allow", allow));
  if (match.route == nullptr) {
    auto response = problem(Error{ErrorCode::method_not_allowed, "Method not allowed.", "Use one of: " + allow + "."});
    response.header("Allow", allow);
    return response;
  }
  if (match.route->takes_body && !head.has_framing()) {
    return problem(Error{ErrorCode::length_required, "The request has no body.",
                         "Send a body, with a Content-Length or with `Transfer-Encoding: chunked`."});
  }
  return match;
}

RouteKind Router::kind_of(const RequestHead& head) const {
  if (const auto format = formats_ != nullptr ? formats_->find(head.path) : std::nullopt) {
    RequestHead below = head;
    below.path = format->path;
    return format->router->kind_of(below);
  }
  const auto match = find_route(table_, head.method, head.path);
  return match.route == nullptr ? RouteKind::read : match.route->kind;
}

HandlerResult Router::dispatch(const Request& request) const {
  auto resolved = resolve(request.head);
  if (auto* response = std::get_if<Response>(&resolved)) return std::move(*response);
  const auto& match = std::get<RouteMatch>(resolved);
  return match.route->handler(context_, request, match.tail);
}

std::optional<Response> Router::early_rejection(const RequestHead& head) const {
  if (const auto format = formats_ != nullptr ? formats_->find(head.path) : std::nullopt) {
    RequestHead below = head;
    below.path = format->path;
    return format->router->early_rejection(below);
  }
  auto resolved = resolve(head);
  auto* response = std::get_if<Response>(&resolved);
  if (response == nullptr) return {};
  if (head.path == api::process) *response = plain_text(std::move(*response));
  return completion_for(head)(std::move(response->closing()));
}

Router::Completion Router::completion_for(const RequestHead& head) const {
  Completion completion{request_id_of(head), policy_.headers_for(head, allowed_methods(table_, head.path)),
                        context_.scrubber};
  context_.scrubber.scrub(completion.request_id);
  return completion;
}

Response Router::Completion::operator()(Response response) const {
  add_common_headers(response, request_id, scrubber);
  for (const auto& [name, value] : cors) response.header(name, value);
  return response;
}

HandlerResult Router::finish(HandlerResult result, const Request& request) const {
  const Completion complete = completion_for(request.head);
  std::visit(Overloaded{[&](Response& response) { response = complete(std::move(response)); },
                        [&](StreamHandoff& handoff) {
                          handoff.headers.insert(handoff.headers.end(), complete.cors.begin(), complete.cors.end());
                          handoff.request_id = complete.request_id;
                        },
                        [&](DeferredResponse& deferred) {
                          // Without the body: it is no longer needed, and may be large.
                          Request head_only{request.head, {}, request.keep_alive};
                          deferred.finish = [render = std::move(deferred.render), complete,
                                             head_only = std::move(head_only)](bool removed) {
                            if (removed) return complete(stream_removed());
                            return complete(catch_exceptions(head_only, complete.request_id, render));
                          };
                        }},
             result);
  return result;
}

HandlerResult Router::respond(const Request& request) const {
  if (const auto format = formats_ != nullptr ? formats_->find(request.head.path) : std::nullopt) {
    Request below = request;
    below.head.path = format->path;
    return format->router->respond(below);
  }
  HandlerResult result = catch_exceptions(request, request_id_of(request.head), [&] { return dispatch(request); });
  // A POST without framing has no body (RFC 9112, 6.3). If bytes follow nevertheless, they must not be parsed as the
  // next request.
  auto* response = std::get_if<Response>(&result);
  // Clients of llm-sse expect plain text from its route.
  if (response != nullptr && request.head.path == api::process) *response = plain_text(std::move(*response));
  if (response != nullptr && request.head.may_have_body() && !request.head.has_framing()) response->closing();
  return finish(std::move(result), request);
}

}  // namespace plenum::http
