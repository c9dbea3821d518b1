// The query of a request. Known parameters are parsed strictly. Unknown ones are ignored where a request only reads:
// clients, caches and trackers append their own, and an EventSource gives up after a 400. Pure: any thread.
// Source: WHATWG URL, 5.1 (application/x-www-form-urlencoded parsing).
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
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

// The error of an invalid parameter.
Failure bad_parameter(std::string message, std::string remedy = {});

class Query {
 public:
  // The parameters of `text` that are in `known`, percent-decoded. Fails with bad_request, which names the parameter,
  // if one of them is repeated or has an invalid encoding.
  static Result<Query> parse(std::string_view text, std::initializer_list<std::string_view> known);
  static Result<Query> parse(std::string_view text, std::span<const std::string_view> known);
  // For a request that changes something: fails also for a parameter that is not in `known`, because one that is
  // ignored could have been meant to prevent the change.
  static Result<Query> parse_strict(std::string_view text, std::initializer_list<std::string_view> known);

  std::optional<std::string> find(std::string_view name) const;
  // An integer in [low, high]; `fallback` if the parameter is absent. Fails with bad_request otherwise.
  Result<long> number(std::string_view name, long low, long high, long fallback) const;

 private:
  using Names = std::span<const std::string_view>;
  // The parameter if it is known; absent if it is to be ignored.
  static Result<std::optional<std::string>> known_name(std::string_view encoded, Names known, bool strict);
  static Result<Query> read(std::string_view text, Names known, bool strict);

  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace plenum::http
