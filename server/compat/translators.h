// The translators, one per format. Inside server/compat only.
#pragma once

#include "server/compat/run_view.h"
#include "server/compat/translator.h"

namespace plenum::compat {

// conclave's StreamEvents: member_delta, member_done, synthesis_delta, synthesis_done, and done as the last.
class ConclaveTranslator final : public EventTranslator {
 public:
  void translate(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  RunView run_;
};

// llm-sse's unnamed frames: requests, the combination as it arrives, Completed or error.
class LlmSseTranslator final : public EventTranslator {
 public:
  void translate(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  void emit(std::vector<Frame>& out, std::string_view status, std::string_view source, std::string_view message,
            bool final = false) const;

  RunView run_;
  int workers_ = 0;
  bool combined_ = false;  // a part of the combination was emitted
};

// LLM Council's unnamed frames {type, data}: three stages, progress, metrics, title, complete.
class CouncilTranslator final : public EventTranslator {
 public:
  void translate(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  enum class Stage : std::uint8_t { none, answers, rankings, synthesis };
  void enter_stage(Stage stage, std::vector<Frame>& out);
  void complete_stage(Stage stage, std::vector<Frame>& out);
  void started(const ReceivedEvent& event, std::vector<Frame>& out);
  void completed(const ReceivedEvent& event, const ChunkCompleted& chunk, std::vector<Frame>& out);
  void emit_answer(const ChunkFacts& facts, const ChunkCompleted& chunk, std::int64_t t_ms, std::vector<Frame>& out);
  void end(const ReceivedEvent& event, std::vector<Frame>& out);
  bool answers_are_open() const;
  Json answers_data() const;
  std::vector<const ChunkFacts*> latest_rankings() const;
  Json rankings_data() const;
  std::map<std::string, std::string> labels() const;  // `Response A` by member

  RunView run_;
  Stage stage_ = Stage::none;
  int answered_ = 0;  // members whose answer or failure was emitted
  bool synthesis_emitted_ = false;
};

}  // namespace plenum::compat
