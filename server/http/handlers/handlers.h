// The handlers behind the route table. Each runs on a request thread, reads one whole request and waits
// for nothing: what takes time is said with a StreamHandoff or a DeferredResponse.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/base/clock.h"
#include "server/core/provider.h"
#include "server/http/handlers/idempotency.h"
#include "server/http/message/request.h"
#include "server/http/message/response.h"
#include "server/http/server/http_server_options.h"
#include "server/task/task_service.h"

namespace plenum::http {

// What handlers can reach. Set once; every part may be used from any thread.
struct HandlerContext {
  task::TaskService& tasks;
  const core::ProviderDirectory& providers;
  const core::ProviderMonitor& monitor;
  const Clock& clock;
  SteadyTime started;
  std::function<HttpServerStats()> server_stats;
  milliseconds heartbeat{15'000};  // of every stream, as a task's acceptance tells it
  redaction::Scrubber scrubber{};  // for every reply
  std::shared_ptr<Idempotency> idempotency = std::make_shared<Idempotency>();
};

// task_routes.cpp
HandlerResult post_task(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_tasks(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult delete_task(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult post_retry(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult post_cancel(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult post_skip(const HandlerContext& context, const Request& request, std::string_view rest);

// process_route.cpp
HandlerResult post_process(const HandlerContext& context, const Request& request, std::string_view id);

// events_route.cpp
HandlerResult get_events(const HandlerContext& context, const Request& request, std::string_view id);

// stream_routes.cpp
HandlerResult get_status(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_result(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_snapshot(const HandlerContext& context, const Request& request, std::string_view id);

// export_route.cpp
HandlerResult get_export(const HandlerContext& context, const Request& request, std::string_view id);

// server_routes.cpp
HandlerResult get_workflows(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_workflow(const HandlerContext& context, const Request& request, std::string_view name);
HandlerResult get_models(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_server_status(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_livez(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_readyz(const HandlerContext& context, const Request& request, std::string_view id);

// The stream with this id, or the 404 or 410 that says why there is none.
tl::expected<std::shared_ptr<stream::Stream>, Response> find_stream(const HandlerContext& context, std::string_view id);

}  // namespace plenum::http
