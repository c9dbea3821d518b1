// The handlers behind the route table. Each runs on a request thread, reads one whole request and waits
// for nothing: what takes time is said with a StreamHandoff or a Deferred.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/clock.h"
#include "server/core/provider.h"
#include "server/http/front_door_options.h"
#include "server/http/idempotency.h"
#include "server/http/reply.h"
#include "server/http/request.h"
#include "server/task/task_service.h"

namespace plenum::http {

// What handlers can reach. Set once; every part may be used from any thread.
struct House {
  task::TaskService& tasks;
  const core::ProviderDirectory& providers;
  const core::ProviderMonitor& monitor;
  const Clock& clock;
  SteadyTime started;
  std::function<FrontDoorCounts()> door_counts;
  milliseconds heartbeat{15'000};  // of every stream, as a task's acceptance tells it
  secret::Scrubber scrubber{};     // for every reply
  std::shared_ptr<Idempotency> idempotency = std::make_shared<Idempotency>();
};

// task_routes.cpp
Outcome post_task(const House& house, const Request& request, std::string_view id);
Outcome get_tasks(const House& house, const Request& request, std::string_view id);
Outcome delete_task(const House& house, const Request& request, std::string_view id);
Outcome post_retry(const House& house, const Request& request, std::string_view id);
Outcome post_cancel(const House& house, const Request& request, std::string_view id);
Outcome post_skip(const House& house, const Request& request, std::string_view rest);

// process_route.cpp
Outcome post_process(const House& house, const Request& request, std::string_view id);

// events_route.cpp
Outcome get_events(const House& house, const Request& request, std::string_view id);

// stream_routes.cpp
Outcome get_status(const House& house, const Request& request, std::string_view id);
Outcome get_result(const House& house, const Request& request, std::string_view id);
Outcome get_snapshot(const House& house, const Request& request, std::string_view id);

// export_route.cpp
Outcome get_export(const House& house, const Request& request, std::string_view id);

// server_routes.cpp
Outcome get_workflows(const House& house, const Request& request, std::string_view id);
Outcome get_workflow(const House& house, const Request& request, std::string_view name);
Outcome get_models(const House& house, const Request& request, std::string_view id);
Outcome get_server_status(const House& house, const Request& request, std::string_view id);
Outcome get_livez(const House& house, const Request& request, std::string_view id);
Outcome get_readyz(const House& house, const Request& request, std::string_view id);

// The stream with this id, or the 404 or 410 that says why there is none.
tl::expected<std::shared_ptr<stream::Stream>, Reply> find_stream(const House& house, std::string_view id);

}  // namespace plenum::http
