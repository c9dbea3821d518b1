// The projections, one for each format. Inside server/compat only.
#pragma once

#include "server/compat/run_view.h"
#include "server/compat/translator.h"

namespace plenum::compat {

// conclave's StreamEvents: member_delta, member_done, synthesis_delta, synthesis_done, and done as the last.
class ConclaveTranslator final : public EventTranslator {
 public:
  void project(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  RunView run_;
};

// llm-sse's unnamed frames: what is asked, the combination as it comes, Completed or error.
class LlmSseTranslator final : public EventTranslator {
 public:
  void project(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  void say(std::vector<Frame>& out, std::string_view status, std::string_view source, std::string_view message,
           bool final = false) const;

  RunView run_;
  int workers_ = 0;
  bool combined_ = false;  // some text of the combination was said
};

// LLM Council's unnamed frames {type, data}: three stages, progress, metrics, title, complete.
class CouncilTranslator final : public EventTranslator {
 public:
  void project(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  enum class Stage : std::uint8_t { none, answers, rankings, synthesis };
  void reach(Stage stage, std::vector<Frame>& out);
  void leave(Stage stage, std::vector<Frame>& out);
  void started(const ReceivedEvent& event, std::vector<Frame>& out);
  void completed(const ReceivedEvent& event, const ChunkCompleted& chunk, std::vector<Frame>& out);
  void answer(const ChunkFacts& facts, const ChunkCompleted& chunk, std::int64_t t_ms, std::vector<Frame>& out);
  void end(const ReceivedEvent& event, std::vector<Frame>& out);
  Json answers_data() const;
  Json rankings_data() const;
  std::map<std::string, std::string> labels() const;  // `Response A` by member

  RunView run_;
  Stage stage_ = Stage::none;
  int answered_ = 0;  // members whose answer, or failure, was told
  bool said_synthesis_ = false;
};

}  // namespace plenum::compat
