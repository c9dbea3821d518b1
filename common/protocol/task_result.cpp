#include "common/protocol/task_result.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "common/base/error.h"
#include "common/json/json_access.h"
#include "common/protocol/result_fields.h"

namespace plenum {
namespace {

constexpr std::array<std::string_view, task_status_count> task_status_names = {
    "initializing", "running", "completed", "error", "cancelled", "interrupted"};
constexpr std::array<std::string_view, 5> chunk_status_names = {"ok", "error", "timeout", "cancelled", "skipped"};
constexpr std::array<std::string_view, 3> cost_origin_names = {"unknown", "estimated", "reported"};

template <class Enum, std::size_t count>
std::optional<Enum> named(const std::array<std::string_view, count>& names, std::string_view name) {
  for (std::size_t i = 0; i < count; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

// The fields of Usage with their names: all functions iterate over this table.
struct UsageField {
  std::string_view name;
  std::optional<std::int64_t> Usage::*field;
};
constexpr UsageField usage_fields[] = {
    {"prompt_tokens", &Usage::prompt_tokens},
    {"completion_tokens", &Usage::completion_tokens},
    {"total_tokens", &Usage::total_tokens},
    {"cached_input_tokens", &Usage::cached_input_tokens},
    {"cache_write_tokens", &Usage::cache_write_tokens},
    {"reasoning_tokens", &Usage::reasoning_tokens},
};

Json sources_json(const std::vector<SourceRef>& sources) {
  Json array = Json::array();
  for (const SourceRef& source : sources) array.push_back(plenum::to_json(source));
  return array;
}

constexpr std::pair<std::string_view, std::string Generation::*> generation_fields[] = {
    {"actual_model", &Generation::model},         {"generation_id", &Generation::id},
    {"upstream_provider", &Generation::provider}, {"request_id", &Generation::request_id},
    {"started_at", &Generation::started_at},      {"prompt_version", &Generation::prompt_version},
    {"error_class", &Generation::error_class},
};

Json to_json(const MemberAnswer& answer) {
  Json json;
  json["member"] = answer.member;
  json["model"] = answer.model;
  if (!answer.agent.empty()) json["agent"] = answer.agent;
  if (!answer.chunk.empty()) json["chunk"] = answer.chunk;
  json["status"] = name_of(answer.status);
  json["text"] = answer.text;
  json["usage"] = plenum::to_json(answer.usage);
  json["cost"] = plenum::to_json(answer.cost);
  json["latency_ms"] = answer.latency_ms;
  if (!answer.reasoning.empty()) json["reasoning"] = answer.reasoning;
  if (!answer.sources.empty()) json["sources"] = sources_json(answer.sources);
  if (answer.error) json["error"] = plenum::to_json(*answer.error);
  return json;
}

MemberAnswer answer_from(const Json& json) {
  MemberAnswer answer;
  answer.member = text_at(json, "member");
  answer.model = text_at(json, "model");
  answer.agent = text_at(json, "agent");
  answer.chunk = text_at(json, "chunk");
  answer.status = chunk_status_at(json);
  answer.text = text_at(json, "text");
  answer.usage = usage_at(json);
  answer.cost = cost_at(json);
  answer.latency_ms = count_at(json, "latency_ms");
  answer.reasoning = text_at(json, "reasoning");
  answer.sources = sources_from(value_at(json, "sources"));
  answer.error = error_at(json);
  return answer;
}

Json to_json(const Receipt& receipt) {
  Json json;
  json["chunk"] = receipt.chunk;
  json["member"] = receipt.member;
  json["model"] = receipt.model;
  json["provider"] = receipt.provider;
  json["attempt"] = receipt.attempt;
  json["status"] = name_of(receipt.status);
  json["usage"] = plenum::to_json(receipt.usage);
  json["cost"] = plenum::to_json(receipt.cost);
  json["latency_ms"] = receipt.latency_ms;
  if (!receipt.finish_reason.empty()) json["finish_reason"] = receipt.finish_reason;
  plenum::add_generation(json, receipt.generation);
  return json;
}

Receipt receipt_from(const Json& json) {
  Receipt receipt;
  receipt.chunk = text_at(json, "chunk");
  receipt.member = text_at(json, "member");
  receipt.model = text_at(json, "model");
  receipt.provider = text_at(json, "provider");
  receipt.attempt = int_at(json, "attempt");
  receipt.status = chunk_status_at(json);
  receipt.usage = usage_at(json);
  receipt.cost = cost_at(json);
  receipt.latency_ms = count_at(json, "latency_ms");
  receipt.finish_reason = text_at(json, "finish_reason");
  receipt.generation = generation_from(json);
  return receipt;
}

template <class Item>
Json array_of(const std::vector<Item>& items) {
  Json array = Json::array();
  for (const Item& item : items) array.push_back(to_json(item));
  return array;
}

constexpr std::pair<std::string_view, std::string TaskResult::*> object_fields[] = {
    {"rankings", &TaskResult::rankings_json},
    {"votes", &TaskResult::votes_json},
    {"review", &TaskResult::review_json},
    {"verdict", &TaskResult::verdict_json},
    {"readiness", &TaskResult::readiness_json}};
constexpr std::pair<std::string_view, std::string TaskResult::*> array_fields[] = {
    {"judgments", &TaskResult::judgments_json}, {"rounds", &TaskResult::rounds_json}};

}  // namespace

std::string_view name_of(TaskStatus status) { return task_status_names[static_cast<std::size_t>(status)]; }
std::optional<TaskStatus> task_status_named(std::string_view name) {
  return named<TaskStatus>(task_status_names, name);
}
std::string_view name_of(ChunkStatus status) { return chunk_status_names[static_cast<std::size_t>(status)]; }
std::optional<ChunkStatus> chunk_status_named(std::string_view name) {
  return named<ChunkStatus>(chunk_status_names, name);
}

void UsageSum::add(const Usage& usage) {
  if (std::exchange(empty_, false)) {
    total_ = usage;
    return;
  }
  for (const auto& [name, field] : usage_fields) {
    total_.*field = total_.*field && usage.*field ? std::optional(*(total_.*field) + *(usage.*field)) : std::nullopt;
  }
}

void merge_cumulative(Usage& usage, const Usage& newer) {
  for (const auto& [name, field] : usage_fields) {
    if (newer.*field) usage.*field = newer.*field;
  }
}

Cost operator+(const Cost& left, const Cost& right) {
  if (!left.usd || !right.usd || left.origin == CostOrigin::unknown || right.origin == CostOrigin::unknown) return {};
  const bool exact = left.origin == CostOrigin::reported && right.origin == CostOrigin::reported;
  return {*left.usd + *right.usd, exact ? CostOrigin::reported : CostOrigin::estimated};
}

ErrorInfo error_info(const Error& error) {
  ErrorInfo info{std::string(error.name()), error.message, std::string(error.advice()), error.retryable(), {}};
  if (error.retry_after) info.retry_after_ms = error.retry_after->count();
  return info;
}

Json to_json(const Usage& usage) {
  Json json;  // null if nothing is known
  for (const auto& [name, field] : usage_fields) {
    if (usage.*field) json[std::string(name)] = *(usage.*field);
  }
  return json;
}

Json to_json(const UsageSum& sum) { return to_json(sum.total()); }

Json to_json(const Cost& cost) {
  Json json;
  json["usd"] = cost.usd && cost.origin != CostOrigin::unknown ? Json(*cost.usd) : Json();
  json["origin"] = cost_origin_names[static_cast<std::size_t>(cost.origin)];
  return json;
}

void add_generation(Json& json, const Generation& generation) {
  for (const auto& [name, field] : generation_fields) {
    if (!(generation.*field).empty()) json[std::string(name)] = generation.*field;
  }
  if (generation.parameters_json.empty()) return;
  if (auto parameters = parse_json(generation.parameters_json)) json["parameters"] = *std::move(parameters);
}

Json to_json(const ErrorInfo& error) {
  Json json;
  json["code"] = error.code;
  json["message"] = error.message;
  json["remedy"] = error.remedy;
  json["retryable"] = error.retryable;
  if (error.retry_after_ms) json["retry_after_ms"] = *error.retry_after_ms;
  return json;
}

Json to_json(const SourceRef& source) {
  Json json;
  json["title"] = source.title;
  json["url"] = source.url;
  return json;
}

void merge_sources(std::vector<SourceRef>& sources, const std::vector<SourceRef>& more, std::size_t most) {
  for (const SourceRef& source : more) {
    const auto known = std::find_if(sources.begin(), sources.end(),
                                    [&](const SourceRef& earlier) { return earlier.url == source.url; });
    if (known != sources.end()) {
      if (known->title.empty()) known->title = source.title;
    } else if (sources.size() < most) {
      sources.push_back(source);
    }
  }
}

std::vector<SourceRef> sources_from(const Json& json) {
  std::vector<SourceRef> sources;
  if (!json.is_array()) return sources;
  for (const Json& source : json) sources.push_back({text_at(source, "title"), text_at(source, "url")});
  return sources;
}

Json to_json(const ResultFile& file) {
  Json json;
  json["path"] = file.path;
  json["language"] = file.language;
  json["text"] = file.text;
  return json;
}

Json to_json(const CacheOrigin& origin) {
  Json json;
  json["kind"] = origin.similarity ? "semantic" : "exact";
  if (origin.similarity) json["similarity"] = *origin.similarity;
  json["stream_id"] = origin.stream_id;
  return json;
}

CacheOrigin cache_origin_from(const Json& json) { return {text_at(json, "stream_id"), real_at(json, "similarity")}; }

Json to_json(const MemberRef& member) {
  Json json;
  json["id"] = member.id;
  json["model"] = member.model;
  return json;
}

Json to_json(const SkippedMember& skipped) {
  Json json;
  json["id"] = skipped.id;
  json["reason"] = skipped.reason;
  return json;
}

Json to_json(const TaskResult& result) {
  Json json;
  json["workflow"] = result.workflow;
  json["answer"] = result.answer;
  json["answers"] = array_of(result.answers);
  if (!result.synthesis.empty()) json["synthesis"] = result.synthesis;
  for (const auto& [name, field] : object_fields) {
    // Anything but a JSON object is omitted: a review is model output, and the result must stay valid JSON.
    if (auto object = parse_json(result.*field); object && object->is_object()) {
      json[std::string(name)] = *std::move(object);
    }
  }
  if (!result.verdict_absent_reason.empty()) json["verdict_absent_reason"] = result.verdict_absent_reason;
  if (!result.files.empty()) json["files"] = array_of(result.files);
  for (const auto& [name, field] : array_fields) {
    if (auto array = parse_json(result.*field); array && array->is_array()) json[std::string(name)] = *std::move(array);
  }
  json["skipped"] = array_of(result.skipped);
  json["degraded"] = result.degraded;
  json["reasons"] = result.reasons;
  json["usage"] = to_json(result.usage);
  json["cost"] = to_json(result.cost);
  json["cached"] = result.cached;
  if (result.cache) json["cache"] = to_json(*result.cache);
  if (!result.sources.empty()) json["sources"] = sources_json(result.sources);
  json["receipts"] = array_of(result.receipts);
  return json;
}

Usage usage_from(const Json& json) {
  Usage usage;
  for (const auto& [name, field] : usage_fields) usage.*field = number_at(json, name);
  return usage;
}

Cost cost_from(const Json& json) {
  Cost cost{real_at(json, "usd"),
            named<CostOrigin>(cost_origin_names, text_at(json, "origin")).value_or(CostOrigin::unknown)};
  if (cost.origin == CostOrigin::unknown) cost.usd.reset();
  return cost;
}

Generation generation_from(const Json& json) {
  Generation generation;
  for (const auto& [name, field] : generation_fields) generation.*field = text_at(json, name);
  if (const Json& parameters = value_at(json, "parameters"); parameters.is_object()) {
    generation.parameters_json = dump_json(parameters);
  }
  return generation;
}

ErrorInfo error_info_from(const Json& json) {
  return {text_at(json, "code"), text_at(json, "message"), text_at(json, "remedy"), flag_at(json, "retryable"),
          number_at(json, "retry_after_ms")};
}

TaskResult task_result_from(const Json& json) {
  TaskResult result;
  result.workflow = text_at(json, "workflow");
  result.answer = text_at(json, "answer");
  result.answers = items_at(json, "answers", answer_from);
  result.synthesis = text_at(json, "synthesis");
  for (const auto& [name, field] : object_fields) {
    const Json* object = member_of(json, name);
    if (object != nullptr && object->is_object()) result.*field = dump_json(*object);
  }
  result.verdict_absent_reason = text_at(json, "verdict_absent_reason");
  result.files = items_at(json, "files", [](const Json& item) {
    return ResultFile{text_at(item, "path"), text_at(item, "language"), text_at(item, "text")};
  });
  for (const auto& [name, field] : array_fields) {
    const Json* array = member_of(json, name);
    if (array != nullptr && array->is_array()) result.*field = dump_json(*array);
  }
  result.skipped = items_at(json, "skipped", [](const Json& item) {
    return SkippedMember{text_at(item, "id"), text_at(item, "reason")};
  });
  result.degraded = flag_at(json, "degraded");
  result.reasons = texts_at(json, "reasons");
  result.usage = usage_at(json);
  result.cost = cost_at(json);
  result.cached = flag_at(json, "cached");
  if (const Json* origin = member_of(json, "cache"); origin != nullptr) result.cache = cache_origin_from(*origin);
  result.sources = sources_from(value_at(json, "sources"));
  result.receipts = items_at(json, "receipts", receipt_from);
  return result;
}

}  // namespace plenum
