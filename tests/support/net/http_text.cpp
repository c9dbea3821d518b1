#include "tests/support/net/http_text.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

namespace plenum::tests {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool take_head(std::string& buffered, std::string& first_line, std::map<std::string, std::string>& headers) {
  std::size_t end = buffered.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  std::string_view head(buffered.data(), end + 2);
  std::size_t at = head.find("\r\n");
  first_line = std::string(head.substr(0, at));
  headers.clear();
  for (at += 2; at < head.size();) {
    std::size_t line_end = head.find("\r\n", at);
    std::string_view line = head.substr(at, line_end - at);
    std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    headers[lower_case(std::string(line.substr(0, colon)))] = std::string(value);
    at = line_end + 2;
  }
  buffered.erase(0, end + 4);
  return true;
}

bool take_request(std::string& buffered, std::string& method, std::string& path,
                  std::map<std::string, std::string>& headers, std::string& body) {
  std::string rest = buffered, line;
  if (!take_head(rest, line, headers)) return false;
  auto length = headers.find("content-length");
  std::size_t bytes = length == headers.end() ? 0 : std::strtoull(length->second.c_str(), nullptr, 10);
  if (rest.size() < bytes) return false;
  method = line.substr(0, line.find(' '));
  std::size_t begin = std::min(method.size() + 1, line.size());
  path = line.substr(begin, line.find(' ', begin) - begin);
  body = rest.substr(0, bytes);
  buffered = rest.substr(bytes);
  return true;
}

void ChunkedBody::feed(std::string& buffered, std::string& out) {
  while (!ended_ && !buffered.empty()) {
    if (left_ == 0) {
      std::size_t end = buffered.find("\r\n");
      if (end == std::string::npos) return;
      std::size_t size = std::strtoull(buffered.c_str(), nullptr, 16);
      if (size == 0 && buffered.find("\r\n\r\n") == std::string::npos) return;
      ended_ = size == 0;
      buffered.erase(0, ended_ ? buffered.find("\r\n\r\n") + 4 : end + 2);
      left_ = ended_ ? 0 : size + 2;
      continue;
    }
    std::size_t payload = left_ > 2 ? left_ - 2 : 0;
    std::size_t taken = std::min(buffered.size(), left_);
    out.append(buffered, 0, std::min(taken, payload));
    buffered.erase(0, taken);
    left_ -= taken;
  }
}

}  // namespace plenum::tests
