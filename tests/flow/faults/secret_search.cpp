#include "tests/flow/faults/secret_search.h"

#include <cctype>
#include <cstdio>

namespace plenum::tests {

namespace {

constexpr std::size_t beginning = 8;  // the same for all keys of a vendor
constexpr std::size_t run = 8;

std::string printed(std::string_view text, const char* each, bool all) {
  std::string out;
  for (const char byte : text) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, each, static_cast<unsigned>(static_cast<unsigned char>(byte)));
    const bool plain = !all && (std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '-');
    out += plain ? std::string(1, byte) : buffer;
  }
  return out;
}

std::string base64(std::string_view text, std::string_view last_two) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string out;
  unsigned bits = 0, value = 0;
  for (const char byte : text) {
    value = value << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6) out += letters[value >> (bits - 6) & 63];
  }
  return out;  // without the last character, which holds fewer than six bits of the text
}

std::string in_json(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') out += '\\';
    out += byte;
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> canary_spellings(const std::string& canary) {
  std::vector<std::pair<std::string, std::string>> all = {{"raw", canary},
                                                          {"json", in_json(canary)},
                                                          {"percent", printed(canary, "%%%02X", false)},
                                                          {"hex", printed(canary, "%02x", true)},
                                                          {"HEX", printed(canary, "%02X", true)}};
  for (const std::string before : {"", "y", "yz"}) {
    // The first character that the canary alone decides: 0, 2 or 3.
    const std::size_t first = before.empty() ? 0 : before.size() + 1;
    all.emplace_back("base64 behind " + before, base64(before + canary, "+/").substr(first));
    all.emplace_back("base64url behind " + before, base64(before + canary, "-_").substr(first));
  }
  return all;
}

std::string spelling_found_in(std::string_view text, const std::string& canary) {
  for (const auto& [name, spelling] : canary_spellings(canary)) {
    for (std::size_t at = beginning; at + run <= spelling.size(); ++at) {
      if (text.find(std::string_view(spelling).substr(at, run)) != text.npos) return name;
    }
  }
  return {};
}

}  // namespace plenum::tests
