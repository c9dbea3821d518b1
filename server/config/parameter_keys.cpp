#include "server/config/parameter_keys.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/utf8.h"

namespace plenum::config {

namespace {

constexpr std::int64_t max_tokens_max = 10'000'000;
constexpr std::int64_t seed_max = (std::int64_t{1} << 53) - 1;
constexpr std::size_t stop_texts_max = 4;
constexpr std::size_t stop_characters_max = 200;

void reject(FileErrors& errors, const ParameterKey& row, const toml::node& node, std::string_view expected) {
  errors.add(node.source(), fmt::format("{} must be {}", row.name, expected));
}

std::optional<double> real(const toml::node& node) {
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* number = node.as_integer()) return static_cast<double>(number->get());
  return std::nullopt;
}

std::optional<std::int64_t> whole(FileErrors& errors, const ParameterKey& row, const toml::node& node, std::int64_t low,
                                  std::int64_t high) {
  const auto* number = node.as_integer();
  if (number != nullptr && number->get() >= low && number->get() <= high) return number->get();
  reject(errors, row, node, fmt::format("a whole number from {} to {}", low, high));
  return std::nullopt;
}

void read_temperature(FileErrors& errors, const ParameterKey& row, const toml::node& node, ModelParameters& into) {
  const auto value = real(node);
  if (!value || !(*value >= 0 && *value <= 2)) return reject(errors, row, node, "a number from 0 to 2");
  into.temperature = value;
}

void read_top_p(FileErrors& errors, const ParameterKey& row, const toml::node& node, ModelParameters& into) {
  const auto value = real(node);
  if (!value || !(*value > 0 && *value <= 1)) return reject(errors, row, node, "a number above 0 and up to 1");
  into.top_p = value;
}

void read_max_tokens(FileErrors& errors, const ParameterKey& row, const toml::node& node, ModelParameters& into) {
  if (const auto value = whole(errors, row, node, 1, max_tokens_max)) into.max_tokens = static_cast<int>(*value);
}

void read_seed(FileErrors& errors, const ParameterKey& row, const toml::node& node, ModelParameters& into) {
  into.seed = whole(errors, row, node, 0, seed_max);
}

bool is_stop_text(const toml::node& node) {
  const auto* text = node.as_string();
  return text != nullptr && !text->get().empty() && code_points(text->get()) <= stop_characters_max;
}

void read_stop(FileErrors& errors, const ParameterKey& row, const toml::node& node, ModelParameters& into) {
  std::vector<std::string> texts;
  bool valid = true;
  if (const auto* list = node.as_array()) {
    valid = !list->empty() && list->size() <= stop_texts_max;
    for (const auto& item : *list) {
      valid = valid && is_stop_text(item);
      if (valid) texts.push_back(item.as_string()->get());
    }
  } else {
    valid = is_stop_text(node);
    if (valid) texts.push_back(node.as_string()->get());
  }
  if (!valid) {
    return reject(errors, row, node,
                  fmt::format("a string, or a list of 1 to {} strings, of 1 to {} characters each", stop_texts_max,
                              stop_characters_max));
  }
  into.stop = std::move(texts);
}

void read_effort(FileErrors& errors, const ParameterKey& row, const toml::node& node, ModelParameters& into) {
  const auto* text = node.as_string();
  if (text == nullptr || !is_reasoning_effort(text->get())) return reject(errors, row, node, reasoning_efforts());
  into.reasoning_effort = text->get();
}

constexpr ParameterKey rows[] = {
    {"temperature", "0 to 2", "parameter of all calls to this provider, unless the task or the workflow sets another",
     read_temperature},
    {"top_p", "above 0, up to 1", "likewise", read_top_p},
    {"max_tokens", "1 to 10000000", "likewise; reasoning included", read_max_tokens},
    {"seed", "0 to 9007199254740991", "likewise", read_seed},
    {"stop", "string, or list of 1 to 4 strings", "likewise", read_stop},
    {"reasoning_effort", "`none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`", "likewise", read_effort},
};

}  // namespace

std::span<const ParameterKey> parameter_keys() { return rows; }

}  // namespace plenum::config
