// The requests of one connection: the same requests and the same rejection, however the bytes are split.
#include <algorithm>
#include <cstdint>
#include <string>

#include "server/http/message/request_reader.h"
#include "tests/fuzz/require.h"

using namespace plenum::http;
using plenum::tests::require;

namespace {

// Everything that a connection would see, in one text.
std::string read_all(std::string_view bytes, std::size_t piece) {
  static const HeadLimits limits{.body_bytes_max = 256};
  RequestReader reader(limits);
  std::string seen;
  while (!bytes.empty()) {
    reader.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      auto outcome = reader.next();
      if (const auto* rejected = std::get_if<RejectedRequest>(&outcome)) return seen + std::to_string(rejected->status);
      const auto* request = std::get_if<Request>(&outcome);
      if (request == nullptr) break;
      require(request->body.size() <= limits.body_bytes_max);
      require(request->body.empty() || request->head.may_have_body());
      require(request->head.body_bytes == request->body.size());
      seen.append(name_of(request->head.method)).append(request->head.path).append(request->body).append("|");
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read_all(bytes, bytes.size());
  require(whole == read_all(bytes, 1));
  require(whole == read_all(bytes, 7));
  return 0;
}
