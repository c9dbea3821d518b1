// conclave's StreamEvents: member_delta, member_done, synthesis_delta, synthesis_done, and done as the last. Inside
// server/compat only.
#pragma once

#include <map>
#include <string>

#include "server/compat/run_view.h"
#include "server/compat/translator.h"

namespace plenum::compat {

// Its client identifies a text by the name alone and compares its deltas with the answer in the `_done` event. So names
// are unique, and an attempt that was abandoned after text ends under its name as failed.
class ConclaveTranslator final : public EventTranslator {
 public:
  void translate(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  void reset(const ReceivedEvent& event, const ChunkReset& reset, std::vector<Frame>& out);
  void completed(const ChunkFacts& chunk, std::vector<Frame>& out);
  Json council_result(const TaskResult& result, const std::string& failure) const;

  RunView run_;
  std::map<std::string, std::string> sent_;  // by chunk: its deltas under the current name
};

}  // namespace plenum::compat
