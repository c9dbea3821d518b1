// The provider that asks nobody: it shows a whole run on a machine without any key or network. What it
// says is the same for the same model and messages, and says of itself that no model was asked.
#pragma once

#include <chrono>
#include <memory>

#include "server/provider/model_client.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct OfflineOptions {
  std::chrono::milliseconds pace{15};  // mean time between two words; 0: all in one later turn
};

// Only its loop, which must outlive it.
class OfflineProvider final : public ModelClient {
 public:
  OfflineProvider(runtime::EventLoop& loop, OfflineOptions options) : loop_(loop), options_(options) {}

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener) override;

 private:
  class Call;

  runtime::EventLoop& loop_;      // set once
  const OfflineOptions options_;  // set once
};

}  // namespace plenum::provider
