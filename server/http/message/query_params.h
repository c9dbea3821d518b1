// The query of a request, parsed strictly: unknown and repeated parameters are errors. Pure: any thread.
// Source: WHATWG URL, 5.1 (application/x-www-form-urlencoded parsing).
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace plenum::http {

// A path segment, percent-decoded. Absent if the encoding is invalid, or the result is not UTF-8 or has control bytes.
std::optional<std::string> decode_path_segment(std::string_view text);
// The same for an id that a caller has chosen, which may have control bytes.
std::optional<std::string> decode_path_id(std::string_view text);

class Query {
 public:
  // The parameters of `text`, percent-decoded. Fails with bad_request, which names the parameter, if one is not in
  // `known`, is repeated or has an invalid encoding.
  static Result<Query> parse(std::string_view text, std::initializer_list<std::string_view> known);

  std::optional<std::string> find(std::string_view name) const;
  // An integer in [low, high]; `fallback` if the parameter is absent. Fails with bad_request otherwise.
  Result<long> number(std::string_view name, long low, long high, long fallback) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace plenum::http
