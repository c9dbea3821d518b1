#include "server/http/message/request.h"

#include <algorithm>

#include "common/base/ids.h"

namespace plenum::http {

namespace {
constexpr std::size_t request_id_bytes_max = 128;
constexpr std::size_t random_id_bytes = 8;
}  // namespace

std::string request_id_of(const RequestHead& head) {
  const auto given = head.header("x-request-id");
  const bool clean = !given.empty() && given.size() <= request_id_bytes_max &&
                     std::all_of(given.begin(), given.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return clean ? std::string(given) : random_hex(random_id_bytes);
}

}  // namespace plenum::http
