// Reads what it must know of an encoded event from the frame's bytes, without parsing its JSON: a log is read
// again for every reader that asks for a part of it. Only frames of our own EventEncoder; whatever looks
// otherwise is not understood, and then sent as it is. Pure: any thread. Results point into the frame.
#pragma once

#include <optional>
#include <string_view>

namespace plenum {

// The JSON object of a frame with one data line; empty when there is none.
std::string_view data_of(std::string_view frame);
// The id line's id; empty when there is none.
std::string_view id_of(std::string_view frame);
// The name on the event line; empty when there is none.
std::string_view event_name_of(std::string_view frame);
// A text of the envelope as it stands in the JSON, with its quotes, e.g. that of `member`; empty when it has none,
// as events of the task as a whole have no member.
std::string_view quoted_text_of(std::string_view frame, std::string_view wanted);

// The parts of a `token_stream` frame, in order; what lies between them is fixed.
struct TokenFrame {
  std::string_view head;     // up to the value of t_ms
  std::string_view t_ms;     // digits
  std::string_view speaker;  // from behind t_ms up to the text: who speaks, in which attempt, for which message
  std::string_view tokens;   // the text, escaped as in its JSON string
  std::string_view kind;     // `text` or `reasoning`
};
// Nothing when the frame is no delta, or not of exactly this form.
std::optional<TokenFrame> read_token_frame(std::string_view frame);

}  // namespace plenum
