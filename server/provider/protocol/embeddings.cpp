#include "server/provider/protocol/embeddings.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/json/json_access.h"
#include "server/provider/protocol/errors/error_classifier.h"

namespace plenum::protocol {

namespace {

constexpr double number_max = 1e15;  // its square is a float

Failure malformed(std::string message) { return Failure(Error{ErrorCode::malformed, std::move(message)}); }

// The numbers of the first embedding; null if there is none.
const Json* numbers_in(const Json& response) {
  const Json* list = member_of(response, "data");
  if (list == nullptr) list = member_of(response, "embeddings");
  if (list == nullptr || !list->is_array() || list->empty()) return nullptr;
  const Json& first = list->front();
  return first.is_array() ? &first : member_of(first, "embedding");
}

}  // namespace

bool has_embeddings(core::ProviderKind kind) {
  using enum core::ProviderKind;
  return kind == openai || kind == openrouter || kind == ollama;
}

std::string embeddings_request(std::string_view model, std::string_view text) {
  return dump_json(Json{{"model", model}, {"input", text}});
}

Result<std::vector<float>> read_embedding(std::string_view json) {
  const auto response = parse_json(json, {.depth_max = 8});
  if (!response || !response->is_object()) return malformed("the response is not a JSON object");
  const Json* numbers = numbers_in(*response);
  if (numbers == nullptr || !numbers->is_array()) {
    if (auto error = find_error(json)) return Failure(*std::move(error));
    return malformed("the response contains no embedding");
  }
  if (numbers->empty() || numbers->size() > embedding_dimension_max)
    return malformed(fmt::format("the embedding has {} numbers", numbers->size()));
  std::vector<float> vector;
  double sum = 0;
  for (const Json& number : *numbers) {
    if (!number.is_number()) return malformed("the embedding contains something other than numbers");
    const double value = number.get<double>();
    if (!(std::abs(value) < number_max)) return malformed("the embedding contains a number that is too large");
    vector.push_back(static_cast<float>(value));
    sum += static_cast<double>(vector.back()) * static_cast<double>(vector.back());
  }
  const double length = std::sqrt(sum);
  if (!std::isfinite(length) || length < 1e-6) return malformed("the embedding has no direction");
  for (float& value : vector) value = static_cast<float>(static_cast<double>(value) / length);
  return vector;
}

}  // namespace plenum::protocol
