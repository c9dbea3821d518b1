// Embeddings of texts, as a port for the runs of one loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace plenum::core {

class EmbeddingListener {
 public:
  virtual ~EmbeddingListener() = default;
  // Once, on the loop, never from inside embed(). A vector of length 1. The listener may destroy its call.
  virtual void on_embedding(Result<std::vector<float>> vector) = 0;
};

// An open call. Destroying it aborts the call.
class EmbeddingCall {
 public:
  virtual ~EmbeddingCall() = default;
};

// Owner loop only.
class Embedder {
 public:
  virtual ~Embedder() = default;
  // Null if no call can be made now: too many are open, or the last ones failed. The listener must outlive the call.
  virtual std::unique_ptr<EmbeddingCall> embed(std::string text, EmbeddingListener& listener) = 0;
};

}  // namespace plenum::core
