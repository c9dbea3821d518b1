// What handlers can reach. Set once, before the first request; every part may be used from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "server/compat/translator.h"
#include "server/core/provider.h"
#include "server/http/handlers/council_drafts.h"
#include "server/http/shared/idempotency.h"
#include "server/http/shared/shared_renders.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/memory_budget.h"
#include "server/task/task_service.h"

namespace plenum::http {

// The server's counters at one moment.
struct HttpServerStats {
  std::uint64_t accepted = 0;                     // connections
  std::uint64_t requests = 0;                     // passed to the request threads
  std::uint64_t accept_errors = 0;                // failed accept(2) calls
  std::size_t open = 0;                           // connections, subscribers excluded
  std::size_t subscribers = 0;                    // sockets of streams; at most one sweep old
  std::map<std::string, std::uint64_t> rejected;  // error responses of the server itself, by error name
};

struct HandlerContext {
  task::TaskService& tasks;
  const core::ProviderDirectory& providers;
  const core::ProviderMonitor& monitor;
  const Clock& clock;
  SteadyTime started;
  std::function<HttpServerStats()> server_stats;
  milliseconds heartbeat{15'000};  // the interval that the 202 of a task announces
  redaction::Scrubber scrubber{};  // applied to every response
  std::shared_ptr<Idempotency> idempotency = std::make_shared<Idempotency>();
  // Of streams without ?dialect=: that of the path prefix, or of the setting.
  compat::CompatFormat default_format = compat::CompatFormat::native;
  std::shared_ptr<runtime::MemoryBudget> memory = std::make_shared<runtime::MemoryBudget>();
  std::shared_ptr<SharedRenders> renders = std::make_shared<SharedRenders>(memory, scrubber);
  std::shared_ptr<CouncilDrafts> council_drafts = std::make_shared<CouncilDrafts>();
};

}  // namespace plenum::http
