// llm-sse's unnamed frames: requests, the combination as it arrives, Completed or error. Inside server/compat only.
#pragma once

#include <string_view>

#include "server/compat/run_view.h"
#include "server/compat/translator.h"

namespace plenum::compat {

class LlmSseTranslator final : public EventTranslator {
 public:
  void translate(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  void start_combination(std::vector<Frame>& out);
  void emit(std::vector<Frame>& out, std::string_view status, std::string_view source, std::string_view message,
            bool final = false) const;

  RunView run_;
  int workers_ = 0;
  bool combined_ = false;  // a part of the combination was emitted
  bool void_ = false;      // the parts emitted so far are void: another combination must be announced first
};

}  // namespace plenum::compat
