// What the scripted upstream does with one request: a list of steps, in the dialect of one vendor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/latch.h"
#include "tests/support/net/headers.h"
#include "tests/support/upstream/vendor_text.h"

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
  Latch gate;
};
struct Pause {
  milliseconds length;  // not scaled: how slow the upstream is belongs to the script
};
struct End {
  Cut how = Cut::fin;
};
struct NeverAnswer {};  // until the peer disconnects or the upstream stops
struct Repeat {         // of the body, without end: until the peer disconnects or the upstream stops
  std::string bytes;
};
// From here on the port rejects connections, or does not answer them.
struct CloseListener {
  bool reject = true;
};
}  // namespace step

using Step = std::variant<step::Head, step::Send, step::WaitFor, step::Pause, step::End, step::NeverAnswer,
                          step::Repeat, step::CloseListener>;

// Built in the order in which it is played. After the last step a chunked body is ended properly and
// the connection stays open for the next request; the other framings close it.
class Script {
 public:
  // 200 and text/event-stream, and what the vendor sends before the first delta.
  static Script stream(Framing framing = Framing::chunked, Vendor vendor = Vendor::openai);
  // A whole answer of another kind, such as an error body.
  static Script answer(int status, std::string body, std::string content_type = "application/json", Headers more = {});
  static Script silence();  // accepts the request and never answers

  Script& send(std::string bytes);                       // as they are
  Script& words(const std::vector<std::string>& words);  // one chunk each
  // One chunk each, with a chunk of reasoning after it: code that joins adjacent deltas of one kind
  // does not join these, so the stream gets two events per word.
  Script& words_apart(const std::vector<std::string>& words);
  Script& text(std::string_view text);  // split into words, blanks included
  Script& wait_for(const Latch& gate);
  Script& pause(milliseconds length);
  // finish_reason (empty: the vendor's ordinary one), usage and the end marker: what makes an answer whole.
  Script& finish(int prompt_tokens = 7, int completion_tokens = 5, std::string_view reason = {});
  Script& cut(Cut how);
  Script& never_end();                // silent until the peer disconnects
  Script& repeat(std::string bytes);  // until the peer disconnects
  // Before anything else is played the port closes to later connections.
  Script& close_listener_first(bool reject);
  // Whatever the steps send, the connection is cut behind this byte of the body.
  Script& cut_after(std::size_t body_bytes, Cut how);

  const std::vector<Step>& steps() const { return steps_; }
  struct CutPoint {
    std::size_t body_bytes = 0;
    Cut how = Cut::fin;
  };
  const std::optional<CutPoint>& cut_point() const { return cut_point_; }

 private:
  Vendor vendor_ = Vendor::openai;
  std::vector<Step> steps_;
  std::optional<CutPoint> cut_point_;
};

// A whole ordinary answer.
Script whole_answer(std::string_view text);

// One data line of OpenAI's with a text delta, as it stands on the wire.
std::string text_chunk(std::string_view delta);
std::string reasoning_chunk(std::string_view delta);
// The text cut behind every run of blanks; joined, the pieces are the text.
std::vector<std::string> split_words(std::string_view text);

}  // namespace plenum::tests
