// The models that a provider serves, as its own list of models names them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace plenum::core {

struct ListedModel {
  std::string id;  // as in a request
  // US dollars per token, where the list states them (OpenRouter).
  std::optional<double> prompt_usd{}, completion_usd{}, cache_read_usd{}, cache_write_usd{};
  std::optional<double> request_usd{};  // US dollars for each call, likewise
  // Likewise, in tokens: of prompt and answer together, and of the longest answer; 0: unknown.
  std::int64_t context = 0, max_output = 0;
  bool operator==(const ListedModel&) const = default;
};

// The latest list of one provider. Immutable once published.
struct ModelList {
  std::vector<ListedModel> models;  // in the order of the provider; at most models_max
  WallTime listed_at{};             // when it was complete; the epoch: never
  std::optional<Error> error{};     // why the latest attempt to list the models failed; `models` are then older

  static constexpr std::size_t models_max = 2000;
  bool known() const { return listed_at != WallTime{}; }
  // Whether a request for `name` finds a model: the list may have it with Ollama's tag, or with a date only.
  bool serves(std::string_view name) const {
    return std::any_of(models.begin(), models.end(), [name](const ListedModel& model) {
      if (!std::string_view(model.id).starts_with(name)) return false;
      const auto rest = std::string_view(model.id).substr(name.size());
      return rest.empty() || rest == ":latest" || is_date(rest);
    });
  }

 private:
  // `-20250929` or `-2025-09-29`.
  static bool is_date(std::string_view text) {
    std::size_t digits = 0;
    for (const char c : text) {
      if (c != '-' && (c < '0' || c > '9')) return false;
      digits += c == '-' ? 0 : 1;
    }
    return digits == 8 && text.front() == '-';
  }
};

// The lists of all providers. Any thread.
class ModelLists {
 public:
  virtual ~ModelLists() = default;
  // The latest list of the provider; never null.
  virtual std::shared_ptr<const ModelList> of(std::string_view provider) const = 0;
  // Whether a call found that the provider does not have the model.
  virtual bool is_missing(std::string_view provider, std::string_view model) const = 0;
  // Waits for the lists that are requested at startup: until they have ended, at most a few seconds after the start.
  // Later calls return at once. Request threads only.
  virtual void settle() const = 0;
  // Requests the lists of all usable providers and waits until all have ended; returns at once if too many callers wait
  // already. Request threads only.
  virtual void refresh() = 0;
};

}  // namespace plenum::core
