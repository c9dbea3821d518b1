#include "server/provider/protocol/json/json_objects.h"

#include <string>
#include <utility>

#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace plenum::protocol {

Result<void> JsonObjects::feed(std::string_view line, std::vector<std::string>& out) {
  bool any_other = false;
  for (std::string_view rest = line; !rest.empty();) {
    if (depth_ == 0 && rest.front() != '{') {
      any_other |= std::string_view(" \t\r\n,[]").find(rest.front()) == std::string_view::npos;
      rest.remove_prefix(1);
      continue;
    }
    const auto end = skip_object(rest);
    if (object_.size() + end > object_bytes_max_) {
      reset();
      return Failure(Error{ErrorCode::malformed, "a JSON object of the response is larger than " +
                                                     std::to_string(object_bytes_max_) + " bytes"});
    }
    object_.append(rest, 0, end);
    rest.remove_prefix(end);
    if (depth_ == 0) out.push_back(std::exchange(object_, {}));
  }
  if (depth_ > 0) object_.push_back('\n');
  if (any_other && other_text_.empty()) other_text_ = utf8_prefix(trimmed(line), other_bytes_max);
  return {};
}

std::size_t JsonObjects::skip_object(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && --depth_ == 0) return at + 1;
  }
  return text.size();
}

void JsonObjects::reset() {
  object_.clear();
  depth_ = 0;
  in_string_ = escaped_ = false;
}

}  // namespace plenum::protocol
