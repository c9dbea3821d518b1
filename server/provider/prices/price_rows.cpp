#include "server/provider/prices/price_rows.h"

#include <algorithm>
#include <array>
#include <utility>

namespace plenum::provider {

namespace {

// `0` stands for a digit. All others, such as `-8` of claude-opus-4-8, may be part of another model's name.
constexpr std::string_view date_shapes[] = {"-0000-00-00", "-00000000", "-00-0000", "-0000", "-000"};

bool has_shape(std::string_view text, std::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                    [](char c, char expected) { return expected == '0' ? c >= '0' && c <= '9' : c == expected; });
}

}  // namespace

bool is_dated_version(std::string_view model, std::string_view base) {
  if (base.empty() || !model.starts_with(base)) return false;
  const std::string_view suffix = model.substr(base.size());
  return suffix == "-latest" || std::any_of(std::begin(date_shapes), std::end(date_shapes),
                                            [suffix](std::string_view shape) { return has_shape(suffix, shape); });
}

void PriceRows::set(core::ModelPrice price) {
  std::string model = price.model;
  rows_.insert_or_assign(std::move(model), std::move(price));
}

const core::ModelPrice* PriceRows::find(std::string_view model) const {
  if (const auto exact = rows_.find(model); exact != rows_.end()) return &exact->second;
  // A base name is shorter than the model: it is what remains after one of the suffixes.
  constexpr std::size_t suffix_bytes_max = 11;
  const std::size_t shortest = model.size() > suffix_bytes_max ? model.size() - suffix_bytes_max : 1;
  for (std::size_t length = model.size(); length-- > shortest;) {
    const auto row = rows_.find(model.substr(0, length));
    if (row != rows_.end() && is_dated_version(model, row->first)) return &row->second;
  }
  return nullptr;
}

}  // namespace plenum::provider
