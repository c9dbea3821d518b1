// The assistant's message of a conversation, as LLM Council stores it: what its page makes of the frames of one stream.
// Not thread-safe.
#pragma once

#include "common/json/json.h"
#include "server/compat/translator.h"

namespace plenum::compat {

class CouncilMessage {
 public:
  // format: council or council_2026.
  explicit CouncilMessage(CompatFormat format) : rounds_(format == CompatFormat::council_2026) {}

  void add(const Frame& frame);
  // `stage1` to `stage3` and `metadata`, or `rounds` and `synthesis`; with `metrics` and `errors` if there are some.
  // Null if the stream has none of these.
  Json message() const;

 private:
  const bool rounds_;
  Json fields_ = Json::object();
  Json errors_ = Json::array();
};

}  // namespace plenum::compat
