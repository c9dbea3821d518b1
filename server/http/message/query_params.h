// The query of a request, read strictly: what it names must be known, and said once. Pure: any thread.
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

// One part of a path, percent-decoded; nothing when it is wrongly encoded.
std::optional<std::string> path_part(std::string_view text);

class Query {
 public:
  // The parameters of `text`, percent-decoded. Fails with bad_request, naming the parameter, when one is
  // not among `known`, comes twice or is wrongly encoded.
  static Result<Query> parse(std::string_view text, std::initializer_list<std::string_view> known);

  std::optional<std::string> find(std::string_view name) const;
  // A whole number in [low, high]; fallback when the parameter is absent; bad_request otherwise.
  Result<long> number(std::string_view name, long low, long high, long fallback) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace plenum::http
