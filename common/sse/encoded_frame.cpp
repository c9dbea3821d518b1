#include "common/sse/encoded_frame.h"

#include <algorithm>

#include "common/base/strings.h"

namespace plenum {
namespace {

// The rest of the first line that starts with `begin`; empty if there is none.
std::string_view line_of(std::string_view frame, std::string_view begin) {
  while (!frame.empty()) {
    const auto end = std::min(frame.find('\n'), frame.size());
    if (frame.starts_with(begin)) return frame.substr(begin.size(), end - begin.size());
    frame.remove_prefix(std::min(end + 1, frame.size()));
  }
  return {};
}

// The position after the closing quote of a JSON string that starts at its opening quote; 0 if it does not end.
std::size_t string_end(std::string_view json) {
  std::size_t at = json.find_first_of("\"\\", 1);
  while (at != std::string_view::npos && json[at] == '\\') {
    at = json.find_first_of("\"\\", at + 2);  // an escaped quote does not end the string
  }
  return at == std::string_view::npos ? 0 : at + 1;
}

// The end of a value: before a comma or the end of the enclosing object.
std::size_t value_end(std::string_view json) {
  int depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t length = string_end(json.substr(at));
      if (length == 0) break;
      at += length - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && depth-- == 0) {
      return at;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return json.size();
}

// Matches the front of a frame piece by piece. A failure is permanent.
class Pieces {
 public:
  explicit Pieces(std::string_view frame) : frame_(frame) {}

  void literal(std::string_view text) {
    if (good_ && frame_.substr(at_).starts_with(text)) {
      at_ += text.size();
    } else {
      good_ = false;
    }
  }
  template <class Allowed>
  void some(Allowed allowed) {
    const std::size_t begin = at_;
    while (at_ < frame_.size() && allowed(frame_[at_])) ++at_;
    good_ = good_ && at_ > begin;
  }
  bool good() const { return good_; }
  std::size_t at() const { return at_; }

 private:
  std::string_view frame_;
  std::size_t at_ = 0;
  bool good_ = true;
};

bool is_uuid_character(char c) { return is_hex(c) || c == '-'; }
bool is_time_character(char c) { return is_digit(c) || std::string_view("-:.TZ").find(c) != std::string_view::npos; }

// Whether this is the content of one JSON string on one line: no unescaped quote.
bool is_inside_of_string(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    at = text.find_first_of("\"\\\n\r", at);
    if (at == std::string_view::npos) return true;
    if (text[at] != '\\' || ++at == text.size()) return false;
  }
  return true;
}

}  // namespace

std::string_view data_of(std::string_view frame) { return line_of(frame, "data: "); }
std::string_view id_of(std::string_view frame) { return line_of(frame, "id: "); }
std::string_view event_name_of(std::string_view frame) { return line_of(frame, "event: "); }

std::string_view quoted_text_of(std::string_view frame, std::string_view wanted) {
  std::string_view json = data_of(frame);
  if (!json.starts_with('{')) return {};
  json.remove_prefix(1);
  // The envelope precedes the payload, so its fields are found early.
  while (json.starts_with('"')) {
    const std::size_t name = string_end(json);
    if (name == 0 || !json.substr(name).starts_with(':')) return {};
    const std::string_view value = json.substr(name + 1);
    const std::size_t length = value_end(value);
    if (json.substr(1, name - 2) == wanted) {
      return value.starts_with('"') ? value.substr(0, length) : std::string_view();
    }
    json = value.substr(std::min(length + 1, value.size()));
  }
  return {};
}

std::optional<TokenFrame> read_token_frame(std::string_view frame) {
  Pieces pieces(frame);
  pieces.literal("id: ");
  pieces.some(is_lower_alphanumeric);
  pieces.literal("-");
  pieces.some(is_digit);
  pieces.literal("\nevent: token_stream\ndata: {\"v\":1,\"type\":\"token_stream\",\"stream_id\":\"");
  pieces.some(is_uuid_character);
  pieces.literal("\",\"seq\":");
  pieces.some(is_digit);
  pieces.literal(",\"timestamp\":\"");
  pieces.some(is_time_character);
  pieces.literal("\",\"t_ms\":");
  const std::size_t time = pieces.at();
  pieces.some([](char c) { return is_digit(c) || c == '-'; });
  if (!pieces.good()) return {};
  // A quote after a comma can only open a name: inside a string it would be escaped. So the first match is the field,
  // whatever the texts before it contain.
  constexpr std::string_view tokens_begin = R"(,"tokens":")";
  const std::size_t field = frame.find(tokens_begin, pieces.at());
  if (field == std::string_view::npos) return {};
  const std::size_t text = field + tokens_begin.size();
  constexpr std::string_view ends[] = {"\",\"kind\":\"text\"}\n\n", "\",\"kind\":\"reasoning\"}\n\n"};
  constexpr std::string_view kinds[] = {"text", "reasoning"};
  for (std::size_t i = 0; i < std::size(ends); ++i) {
    if (!frame.substr(text).ends_with(ends[i])) continue;
    const std::string_view tokens = frame.substr(text, frame.size() - ends[i].size() - text);
    if (!is_inside_of_string(tokens)) return {};
    return TokenFrame{frame.substr(0, time), frame.substr(time, pieces.at() - time),
                      frame.substr(pieces.at(), text - pieces.at()), tokens, kinds[i]};
  }
  return {};
}

}  // namespace plenum
