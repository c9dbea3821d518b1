#include "common/protocol/model_parameters.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace plenum {

namespace {

constexpr std::string_view efforts[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};

template <class T>
void replace(std::optional<T>& value, const std::optional<T>& specific) {
  if (specific) value = specific;
}

Json to_json(const ResponseFormat& format) {
  switch (format.kind) {
    case ResponseFormat::Kind::json_object:
      return {{"type", "json_object"}};
    case ResponseFormat::Kind::json_schema: {
      auto schema = parse_json(format.schema_json);
      return {{"type", "json_schema"},
              {"json_schema", {{"name", format.name}, {"schema", schema ? *std::move(schema) : Json::object()}}}};
    }
    case ResponseFormat::Kind::text:
      break;
  }
  return {{"type", "text"}};
}

void add_map(Json& json, const char* key, const std::map<std::string, ModelParameters, std::less<>>& by_name) {
  for (const auto& [name, parameters] : by_name) json[key][name] = to_json(parameters);
}

}  // namespace

ModelParameters overlay(ModelParameters general, const ModelParameters& specific) {
  replace(general.temperature, specific.temperature);
  replace(general.top_p, specific.top_p);
  replace(general.max_tokens, specific.max_tokens);
  replace(general.seed, specific.seed);
  replace(general.stop, specific.stop);
  replace(general.reasoning_effort, specific.reasoning_effort);
  replace(general.response_format, specific.response_format);
  return general;
}

bool is_reasoning_effort(std::string_view text) {
  return std::find(std::begin(efforts), std::end(efforts), text) != std::end(efforts);
}

std::string reasoning_efforts() {
  std::string list;
  for (std::size_t i = 0; i < std::size(efforts); ++i) {
    list.append(i == 0 ? "" : i + 1 == std::size(efforts) ? " or " : ", ").append(efforts[i]);
  }
  return list;
}

Json to_json(const ModelParameters& parameters) {
  Json json = Json::object();
  if (parameters.temperature) json["temperature"] = *parameters.temperature;
  if (parameters.top_p) json["top_p"] = *parameters.top_p;
  if (parameters.max_tokens) json["max_tokens"] = *parameters.max_tokens;
  if (parameters.seed) json["seed"] = *parameters.seed;
  if (parameters.stop) json["stop"] = *parameters.stop;
  if (parameters.reasoning_effort) json["reasoning_effort"] = *parameters.reasoning_effort;
  if (parameters.response_format) json["response_format"] = to_json(*parameters.response_format);
  return json;
}

std::string receipt_parameters(const ModelParameters& parameters) {
  constexpr std::size_t stop_bytes_max = 512;
  Json json = to_json(parameters);
  if (parameters.stop) {
    std::size_t bytes = 0;
    for (const std::string& text : *parameters.stop) bytes += text.size();
    if (bytes > stop_bytes_max) json["stop"] = parameters.stop->size();
  }
  if (parameters.response_format) {
    using Kind = ResponseFormat::Kind;
    const Kind kind = parameters.response_format->kind;
    json["response_format"] = kind == Kind::text ? "text" : kind == Kind::json_object ? "json_object" : "json_schema";
  }
  return dump_json(json);
}

Json to_json(const TaskParameters& parameters) {
  Json json = to_json(parameters.common);
  add_map(json, "members", parameters.members);
  add_map(json, "roles", parameters.roles);
  add_map(json, "steps", parameters.steps);
  return json;
}

}  // namespace plenum
