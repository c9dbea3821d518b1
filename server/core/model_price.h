// The price of a model, and where prices come from. Pure data; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"

namespace plenum::core {

enum class PriceOrigin : std::uint8_t {
  configured,  // a row of [prices] in the configuration file
  live,        // the provider's own list of models
  file,        // the file that the setting `prices_file` names
  built_in,    // the price file that the program contains
};
constexpr std::string_view name_of(PriceOrigin origin) {
  constexpr std::string_view names[] = {"configured", "live", "file", "built-in"};
  return names[static_cast<std::size_t>(origin)];
}

// In US dollars per million tokens unless stated otherwise.
struct ModelPrice {
  std::string model;  // `*`, only in the configuration: every model without a row of its own
  double input = 0, output = 0;
  std::optional<double> cached_input{}, cache_write{};  // absent: as input
  // Of the whole call when its prompt has more tokens than this.
  struct LongContext {
    std::int64_t above = 0;
    double input = 0, output = 0;
    std::optional<double> cached_input{};
    bool operator==(const LongContext&) const = default;
  };
  std::optional<LongContext> long_context{};
  double request = 0;           // US dollars for each call, for example for a web search
  std::int64_t max_output = 0;  // tokens of the longest answer, with reasoning; 0: unknown
  std::int64_t context = 0;     // tokens of prompt and answer together; 0: unknown
  PriceOrigin origin = PriceOrigin::configured;
  std::string date{};  // of the price file, as YYYY-MM-DD; empty for other origins
  bool operator==(const ModelPrice&) const = default;
};

// The prices of one provider's models. They may change while the server runs. Any thread.
class ModelPrices {
 public:
  virtual ~ModelPrices() = default;
  // Nothing if the price is unknown.
  virtual std::optional<ModelPrice> find(std::string_view model) const = 0;
  // The models with a row in the configuration or in the price file, in alphabetical order.
  virtual std::vector<std::string> models() const = 0;
};

// The price file in use.
struct PriceFileInfo {
  std::string date;  // as YYYY-MM-DD; empty: there is none
  std::int64_t version = 0;
  std::string path;  // empty: the built-in one
};

// For users, when the prices are so old that many will have changed; empty before that.
inline std::string age_note(const PriceFileInfo& file, WallTime now) {
  constexpr std::chrono::hours old(24 * 183);
  WallTime read;
  if (!parse_rfc3339(file.date + "T00:00:00.000Z", read) || now - read < old) return {};
  const auto months = std::chrono::duration_cast<std::chrono::hours>(now - read).count() / (24 * 30);
  return "the list prices of models are of " + file.date + ", " + std::to_string(months) +
         " months old: estimated costs may be wrong; install a newer version, or set prices_file";
}

}  // namespace plenum::core
