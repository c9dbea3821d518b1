// Client of one provider on one loop: makes single attempts. Limits, retries and costs are added by
// server/provider/limits.
#pragma once

#include <memory>
#include <optional>

#include "server/core/chat.h"
#include "server/core/provider.h"

namespace plenum::core {

// How one attempt ended.
struct AttemptEnd {
  ChatEnd end;
  std::optional<Rejection> rejection{};  // the attempt failed only because of these parameters
  bool model_missing = false;            // the attempt failed because the provider does not have the model
};

// Receives the end of one attempt, under the rules of DeltaListener.
class AttemptListener {
 public:
  virtual ~AttemptListener() = default;
  virtual void on_attempt_end(AttemptEnd attempt) = 0;  // exactly once, unless the attempt was destroyed
};

// Owner loop only. Must outlive its calls.
class ModelClient {
 public:
  virtual ~ModelClient() = default;
  // As Providers::start. Both listeners must outlive the call.
  virtual std::unique_ptr<ChatCall> start(ChatRequest request, DeltaListener& deltas, AttemptListener& attempt) = 0;
};

}  // namespace plenum::core
