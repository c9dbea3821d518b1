// LLM Council's unnamed frames {type, data}: answers, rankings, synthesis, metrics, title, complete. Inside
// server/compat only.
#pragma once

#include <string>
#include <vector>

#include "server/compat/council_frames.h"
#include "server/compat/run_view.h"
#include "server/compat/translator.h"

namespace plenum::compat {

class CouncilTranslator final : public EventTranslator {
 public:
  explicit CouncilTranslator(CouncilVersion version) : frames_(version) {}
  void translate(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  enum class Stage : std::uint8_t { none, answers, rankings, synthesis };
  void started(const ChunkFacts& chunk, std::vector<Frame>& out);
  void completed(const ReceivedEvent& event, const ChunkFacts& chunk, std::vector<Frame>& out);
  void answer_completed(const ChunkFacts& chunk, std::int64_t t_ms, std::vector<Frame>& out);
  void synthesis_completed(const ChunkFacts& chunk, std::vector<Frame>& out);
  void enter_stage(Stage stage, std::vector<Frame>& out);
  void complete_stage(Stage stage, std::vector<Frame>& out);
  void end(const ReceivedEvent& event, std::vector<Frame>& out);
  void end_synthesis(const TaskResult& result, const std::string& failure, std::vector<Frame>& out);
  bool answers_are_open() const;
  Json progress(std::int64_t t_ms) const;
  std::vector<std::string> models() const;

  const CouncilFrames frames_;
  RunView run_;
  Stage stage_ = Stage::none;
  int answered_ = 0;  // members whose answer or failure was emitted
  bool synthesis_emitted_ = false;
};

}  // namespace plenum::compat
