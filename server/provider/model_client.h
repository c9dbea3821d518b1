// One provider on one loop, whatever stands behind it.
#pragma once

#include <memory>

#include "server/core/chat.h"
#include "server/core/provider.h"

namespace plenum::provider {

// Only its loop. Must outlive its calls.
class ModelClient {
 public:
  virtual ~ModelClient() = default;
  // As core::Providers::start.
  virtual std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener) = 0;
};

}  // namespace plenum::provider
