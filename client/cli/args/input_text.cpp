#include "client/cli/args/input_text.h"

#include <fmt/format.h>

#include "common/base/utf8.h"
#include "common/files/file_reader.h"

namespace plenum::client {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_utf16(std::string_view bytes) { return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"); }

}  // namespace

std::optional<std::string> utf8_fault(std::string_view bytes) {
  std::size_t line = 1, column = 1;
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Step step = utf8_step(bytes.substr(at));
    if (step.kind != Utf8Step::Kind::whole) {
      return fmt::format("byte 0x{:02X} in line {}, column {}", static_cast<unsigned char>(bytes[at]), line, column);
    }
    const bool ends_line = bytes[at] == '\n';
    line += ends_line ? 1 : 0;
    column = ends_line ? 1 : column + 1;
    at += step.bytes;
  }
  return std::nullopt;
}

bool is_binary(std::string_view bytes) { return !is_utf16(bytes) && bytes.find('\0') != bytes.npos; }

std::string utf8_remedy(std::string_view bytes) {
  return fmt::format("Convert it to UTF-8, for example with: iconv -f {} -t UTF-8",
                     is_utf16(bytes) ? "UTF-16" : "WINDOWS-1252");
}

std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

Result<std::string> input_text(std::string_view bytes, std::string_view what) {
  const auto fault = utf8_fault(bytes);
  if (!fault) return std::string(without_byte_order_mark(bytes));
  return Failure(Error{ErrorCode::usage, fmt::format("{} is not text in UTF-8: {}", what, *fault), utf8_remedy(bytes)});
}

Result<std::string> file_text(const std::string& path, std::string_view option) {
  const std::string what = fmt::format("{}{}", option, path);
  const auto bytes = read_file(path, what);
  if (!bytes) return bytes;
  return input_text(*bytes, what);
}

}  // namespace plenum::client
