// A handler context on a loop that the test runs, with a clock that it advances and scripted models.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/http/handlers/handler_context.h"
#include "server/storage/memory/log.h"
#include "tests/support/manual_clock.h"
#include "tests/support/upstream/scripted_providers.h"

namespace plenum::tests {

class OneProvider final : public core::ProviderDirectory {
 public:
  OneProvider() {
    core::ProviderInfo info;
    info.name = "bench";
    info.kind = core::ProviderKind::openai;
    info.key_present = true;
    info.default_models = {"m"};
    all_.push_back(info);
  }
  const std::vector<core::ProviderInfo>& all() const override { return all_; }
  const core::ProviderInfo* find(std::string_view name) const override {
    return name == "bench" ? all_.data() : nullptr;
  }

 private:
  std::vector<core::ProviderInfo> all_;
};

// Reports two running calls, one waiting call and one open model for every provider.
struct BusyMonitor final : core::ProviderMonitor {
  core::ProviderStatus status(std::string_view, SteadyTime) const override {
    return {"closed", 2, 1, milliseconds(0), {"m"}};
  }
};

struct HandlerFixture {
  ~HandlerFixture() { tasks.discard_runs(); }

  static std::shared_ptr<const workflow::Catalog> catalog() {
    auto built_in = workflow::Catalog::built_in();
    REQUIRE(built_in);
    return std::make_shared<const workflow::Catalog>(std::move(*built_in));
  }

  ManualClock clock;
  runtime::EventLoopGroup loops{clock, 1};
  runtime::EventLoop& loop = loops.at(0);
  OneProvider directory;
  BusyMonitor monitor;
  ScriptedProviders models;
  std::function<void()> on_new_stream = [] {};  // on the request thread that starts the task
  stream::StreamManager streams{loops,
                                clock,
                                [this] {
                                  on_new_stream();
                                  return std::make_unique<storage::MemoryLog>();
                                },
                                {}};
  workflow::CurrentCatalog current{catalog()};
  workflow::TaskPlanner planner{current, directory};
  task::TaskService tasks{loops, streams, planner, {&models}};
  http::HandlerContext context{tasks, directory,      monitor,
                               clock, clock.steady(), [] { return http::HttpServerStats{}; }};
};

}  // namespace plenum::tests
