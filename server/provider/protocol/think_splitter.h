// Separates reasoning that a model writes at the start of its answer as <think>…</think> or <thinking>…</thinking>.
// Local servers pass it on as text: Ollama and llama.cpp without a reasoning parser, distilled R1 models,
// sonar-reasoning. Tags after the first text are part of the answer. Pure. Not thread-safe: one splitter per answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::protocol {

class ThinkSplitter {
 public:
  // All further text belongs to the answer.
  bool done() const { return state_ == State::answer; }
  // Appends the parts of the next piece; reasoning precedes the answer. The start of a possible tag is held back.
  void feed(std::string_view piece, std::string& reasoning, std::string& answer);
  // The end of the text: appends what was held back.
  void finish(std::string& reasoning, std::string& answer);

 private:
  enum class State : std::uint8_t { start, inside, behind, answer };

  void find_opening();
  void find_closing(std::string& reasoning);

  State state_ = State::start;
  std::string held_;
  std::string_view closing_;
};

}  // namespace plenum::protocol
