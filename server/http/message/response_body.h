// Bodies of responses that are not copied into them: shared by several responses, or made piece by piece.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "server/runtime/memory_budget.h"

namespace plenum::http {

// Const once it is shared: any thread.
struct SharedBody {
  std::string bytes;
  runtime::MemoryCharge charge{};  // returned with the last response that uses the body; empty: not charged yet
};
using SharedBodyPtr = std::shared_ptr<const SharedBody>;

// The rest of a body, made while it is sent. On the loop of the connection only: next() must not block.
class BodyPieces {
 public:
  virtual ~BodyPieces() = default;
  // Appends the next piece, at most a few hundred kilobytes. False: there are no more.
  virtual bool next(std::string& out) = 0;
  // Of all pieces together.
  virtual std::size_t bytes() const = 0;
};

// A response as it is written to the socket.
struct SerializedResponse {
  std::string bytes;  // the head, and the body if nothing below is set
  bool keep_alive = false;
  SharedBodyPtr body{};
  std::shared_ptr<BodyPieces> pieces{};  // after bytes
};

}  // namespace plenum::http
