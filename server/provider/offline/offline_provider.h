// A provider without network or key: emits generated sample text, to try the server on any machine. The text depends on
// the model and the messages only, and states that no model was called. The name of a model may request failures,
// delays and cut answers: offline_behavior.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "server/core/model_client.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct OfflineOptions {
  std::chrono::milliseconds token_delay{15};  // mean, between two words; 0: all words in one later iteration
};

// Owner loop only. The loop must outlive it.
class OfflineProvider final : public core::ModelClient {
 public:
  OfflineProvider(runtime::EventLoop& loop, OfflineOptions options) : loop_(loop), options_(options) {}

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::DeltaListener& deltas,
                                        core::AttemptListener& attempt) override;

 private:
  class Call;

  // Beyond it, all counts start again.
  static constexpr std::size_t repetitions_max = 256;
  bool count_repetition(const core::ChatRequest& request, int times);

  runtime::EventLoop& loop_;                // set once
  const OfflineOptions options_;            // set once
  std::map<std::string, int> repetitions_;  // owner loop only: calls by model and messages
};

}  // namespace plenum::provider
