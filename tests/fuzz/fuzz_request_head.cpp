// The parser of request heads: the result does not depend on how the bytes are split, and an accepted head has the
// properties that the modules behind it rely on.
#include <algorithm>
#include <cstdint>

#include "server/http/message/header_syntax.h"
#include "server/http/message/request_head.h"
#include "tests/fuzz/require.h"

using namespace plenum::http;
using plenum::lower_case;
using plenum::tests::require;

namespace {

void check_clean(const RequestHead& head, std::string_view bytes) {
  const HeadLimits limits;
  require(head.head_bytes <= bytes.size() && head.head_bytes <= limits.head_bytes_max);
  require(head.path.starts_with('/') || (head.path == "*" && head.method == Method::options));
  require(head.path.size() <= limits.path_bytes_max);
  require(head.body_bytes <= limits.body_bytes_max);
  require(head.http_1_0 || !head.header("host").empty());
  require(!head.chunked || (!head.has_length && !head.http_1_0));
  require(!head.has("range") && !head.has("cookie"));
  require(std::none_of(head.path.begin(), head.path.end(), [](char c) { return c <= 0x20 || c >= 0x7f; }));
  for (const auto& [name, value] : head.headers) {
    require(lower_case(name) == name);
    require(std::all_of(value.begin(), value.end(), [](char c) { return c == '\t' || is_header_value({&c, 1}); }));
  }
}

int status_of(const std::variant<NeedMore, RequestHead, RejectedRequest>& answer) {
  if (const auto* rejected = std::get_if<RejectedRequest>(&answer)) return rejected->status;
  return std::holds_alternative<RequestHead>(answer) ? 200 : 0;
}

// The same bytes, one at a time.
int status_in_pieces(std::string_view bytes) {
  HeadScanner scanner;
  for (std::size_t end = 0; end <= bytes.size(); ++end) {
    const auto found = scanner.scan(bytes.substr(0, end), {});
    if (const auto* rejected = std::get_if<RejectedRequest>(&found)) return rejected->status;
    const auto* complete = std::get_if<HeadComplete>(&found);
    if (complete == nullptr) continue;
    const auto parsed = parse_head(bytes.substr(0, complete->bytes), {});
    return std::holds_alternative<RejectedRequest>(parsed) ? std::get<RejectedRequest>(parsed).status : 200;
  }
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto answer = scan_and_parse(bytes, {});
  if (const auto* head = std::get_if<RequestHead>(&answer)) check_clean(*head, bytes);
  require(status_of(answer) == status_in_pieces(bytes));
  return 0;
}
