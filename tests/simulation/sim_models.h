// Model providers whose attempts the simulation plays, behind the real limits, breakers and retries. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/core/model_client.h"
#include "server/core/provider.h"
#include "server/provider/limits/provider_limits.h"
#include "server/provider/limits/resilient_provider.h"
#include "server/runtime/event_loop.h"
#include "tests/simulation/random.h"

namespace plenum::simulation {

// Two providers: `bench` without limits, `spare` with two calls at a time.
class SimDirectory final : public core::ProviderDirectory {
 public:
  SimDirectory();
  const std::vector<core::ProviderInfo>& all() const override { return infos_; }
  const core::ProviderInfo* find(std::string_view name) const override;

 private:
  std::vector<core::ProviderInfo> infos_;
};

class SimModels final : public core::Providers {
 public:
  struct Attempt {
    std::string provider;
    core::ChatRequest request;
    core::DeltaListener* deltas = nullptr;
    core::AttemptListener* listener = nullptr;  // null once it has ended or was aborted
    bool any_delta = false;

    bool open() const { return listener != nullptr; }
    std::string prompt() const;
  };
  // Called for each attempt that starts.
  using OnStart = std::function<void(const Attempt&)>;

  SimModels(runtime::EventLoop& loop, const core::ProviderDirectory& directory, std::uint64_t seed, OnStart on_start);
  ~SimModels() override;

  std::unique_ptr<core::ChatCall> start(std::string_view provider, core::ChatRequest request,
                                        core::ChatListener& listener) override;
  core::ProviderMonitor& monitor() { return limits_; }

  // --- the simulation ---
  std::vector<std::shared_ptr<Attempt>> open_attempts();
  static void speak(const std::shared_ptr<Attempt>& attempt, std::string_view text);
  static void finish(const std::shared_ptr<Attempt>& attempt);
  static void fail(const std::shared_ptr<Attempt>& attempt, ErrorCode code);

 private:
  class Client;

  runtime::EventLoop& loop_;  // set once
  const OnStart on_start_;    // set once
  provider::ProviderLimitsSet limits_;
  std::vector<std::weak_ptr<Attempt>> attempts_;
  std::map<std::string, std::unique_ptr<provider::ResilientProvider>, std::less<>> providers_;
};

}  // namespace plenum::simulation
