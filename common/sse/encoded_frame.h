// Reads fields of an encoded event from the bytes of its frame, without a JSON parser, because a log is filtered for
// every subscriber. Only for frames of EventEncoder; other frames are not recognized, and are sent unchanged.
// Pure: any thread. Results point into the frame.
#pragma once

#include <optional>
#include <string_view>

namespace plenum {

// The JSON object of a frame with one data line; empty if there is none.
std::string_view data_of(std::string_view frame);
// The value of the id line; empty if there is none.
std::string_view id_of(std::string_view frame);
// The value of the event line; empty if there is none.
std::string_view event_name_of(std::string_view frame);
// A text field of the envelope as encoded, with its quotes, such as that of `member`; empty if there is none.
std::string_view quoted_text_of(std::string_view frame, std::string_view wanted);

// The parts of a `token_stream` frame, in order. The bytes between them are fixed.
struct TokenFrame {
  std::string_view head;    // up to the value of t_ms
  std::string_view t_ms;    // digits
  std::string_view source;  // from t_ms to the text: source, attempt, message id
  std::string_view tokens;  // the text, escaped as in its JSON string
  std::string_view kind;    // `text` or `reasoning`
};
// Nothing if the frame is no delta, or does not have exactly this layout.
std::optional<TokenFrame> read_token_frame(std::string_view frame);

}  // namespace plenum
