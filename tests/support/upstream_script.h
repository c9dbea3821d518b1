// What the scripted upstream does with one request: a list of steps, and builders for the byte streams
// that OpenAI-compatible servers send.
// Source: OpenAI API reference, "Create chat completion", streaming.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/gate.h"
#include "tests/support/headers.h"

namespace plenum::tests {

// How the body is framed, and so how a missing end shows.
enum class Framing : std::uint8_t { chunked, until_close, content_length };
enum class Cut : std::uint8_t { fin, reset };

namespace step {
struct Head {
  int status = 200;
  Headers headers;
  Framing framing = Framing::chunked;
};
struct Send {
  std::string bytes;  // of the body
};
struct WaitFor {
  Gate gate;
};
struct Pause {
  milliseconds length;  // not scaled: how slow the upstream is belongs to the script
};
struct End {
  Cut how = Cut::fin;
};
struct NeverAnswer {};  // until the peer leaves or the upstream stops
}  // namespace step

using Step = std::variant<step::Head, step::Send, step::WaitFor, step::Pause, step::End, step::NeverAnswer>;

// Built in the order in which it is played. After the last step a chunked body is ended properly and
// the connection stays open for the next request; the other framings close it.
class Script {
 public:
  // 200 and text/event-stream.
  static Script stream(Framing framing = Framing::chunked);
  // A whole answer of another kind, such as an error body.
  static Script answer(int status, std::string body, std::string content_type = "application/json", Headers more = {});
  static Script silence();  // accepts the request and never answers

  Script& send(std::string bytes);                       // as they are
  Script& words(const std::vector<std::string>& words);  // one chunk each
  // One chunk each, with a chunk of reasoning behind it: whatever joins neighbouring deltas of one kind
  // leaves these apart, so the stream gets two events a word.
  Script& words_apart(const std::vector<std::string>& words);
  Script& text(std::string_view text);  // cut into words, blanks kept
  Script& wait_for(const Gate& gate);
  Script& pause(milliseconds length);
  // finish_reason, usage and the end marker: what makes an answer whole.
  Script& finish(int prompt_tokens = 7, int completion_tokens = 5, std::string_view reason = "stop");
  Script& cut(Cut how);
  // Whatever the steps send, the connection is cut behind this byte of the body.
  Script& cut_after(std::size_t body_bytes, Cut how);

  const std::vector<Step>& steps() const { return steps_; }
  struct CutPoint {
    std::size_t body_bytes = 0;
    Cut how = Cut::fin;
  };
  const std::optional<CutPoint>& cut_point() const { return cut_point_; }

 private:
  std::vector<Step> steps_;
  std::optional<CutPoint> cut_point_;
};

// A whole ordinary answer.
Script whole_answer(std::string_view text);

// One data line with a text delta, as it stands on the wire.
std::string text_chunk(std::string_view delta);
std::string reasoning_chunk(std::string_view delta);
// A data line with any JSON.
std::string data_line(std::string_view json);
// The text cut behind every run of blanks; joined, the pieces are the text.
std::vector<std::string> split_words(std::string_view text);

}  // namespace plenum::tests
