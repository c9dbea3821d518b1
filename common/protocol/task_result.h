// The result of a task: the same object in the terminal event, the buffered response and GET …/result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"

namespace plenum {

// The state of a stream. Changes only forward. Source: docs/protocol.md, "Status values".
enum class TaskStatus : std::uint8_t { initializing, running, completed, error, cancelled, interrupted };
inline constexpr std::size_t task_status_count = 6;
std::string_view name_of(TaskStatus status);
std::optional<TaskStatus> task_status_named(std::string_view name);
inline bool is_terminal(TaskStatus status) { return status >= TaskStatus::completed; }

// The outcome of a chunk (one execution of one step).
enum class ChunkStatus : std::uint8_t { ok, error, timeout, cancelled, skipped };
std::string_view name_of(ChunkStatus status);
std::optional<ChunkStatus> chunk_status_named(std::string_view name);

// Token counts as reported by the provider. Absent: not reported, which is not zero.
struct Usage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  std::optional<std::int64_t> total_tokens;
  std::optional<std::int64_t> cached_input_tokens;
  std::optional<std::int64_t> cache_write_tokens;
  std::optional<std::int64_t> reasoning_tokens;

  bool known() const { return prompt_tokens || completion_tokens || total_tokens; }
  bool operator==(const Usage&) const = default;
};
// Overwrites the fields that newer has: usage frames are cumulative.
void merge_cumulative(Usage& usage, const Usage& newer);

// The total usage of several calls. A figure that one call did not report is absent from the total, because a partial
// sum would mislead. Not thread-safe.
class UsageSum {
 public:
  void add(const Usage& usage);
  const Usage& total() const { return total_; }  // empty before the first add

 private:
  Usage total_;
  bool empty_ = true;
};

enum class CostOrigin : std::uint8_t { unknown, estimated, reported };
struct Cost {
  std::optional<double> usd;  // absent when unknown; never 0 for unknown
  CostOrigin origin = CostOrigin::unknown;
  bool operator==(const Cost&) const = default;
};
// The sum: unknown if one side is unknown, estimated if one side is estimated.
Cost operator+(const Cost& left, const Cost& right);
// Whether a call generated nothing and costs nothing, such as a rejected one. Its missing figures do not make a total
// incomplete.
inline bool used_nothing(const Usage& usage, const Cost& cost) { return !usage.known() && cost.usd == 0.0; }

// A call and its response, as its receipt records them besides outcome, usage and cost. Empty: not reported.
struct Generation {
  std::string model{};     // that answered, where the requested name stands for several, such as openrouter/auto
  std::string id{};        // of the response, to find it in the provider's own records
  std::string provider{};  // to which a gateway such as OpenRouter forwarded the call

  std::string request_id{};       // of the HTTP request, as the provider reports it in a header
  std::string started_at{};       // RFC 3339; when the attempt began, after the queue
  std::string parameters_json{};  // an object: the parameters that were sent (receipt_parameters)
  std::string prompt_version{};   // <workflow version>/<step id>
  std::string error_class{};      // a name of common/base/error.h, if another call followed a failure

  static constexpr std::size_t bytes_max = 200;  // of each that the provider reports
  bool operator==(const Generation&) const = default;
};

// An error in events, results and status.
struct ErrorInfo {
  std::string code;  // a name of common/base/error.h
  std::string message;
  std::string remedy;
  bool retryable = false;
  std::optional<std::int64_t> retry_after_ms;
  bool operator==(const ErrorInfo&) const = default;
};
ErrorInfo error_info(const Error& error);

struct MemberRef {
  std::string id;     // as requested: provider/model
  std::string model;  // without the provider
  bool operator==(const MemberRef&) const = default;
};
struct SkippedMember {
  std::string id;
  std::string reason;
  bool operator==(const SkippedMember&) const = default;
};

// A source of a web search, or one that a model cites.
struct SourceRef {
  std::string title, url;
  bool operator==(const SourceRef&) const = default;
};
inline constexpr std::size_t answer_sources_max = 50;   // of one chunk
inline constexpr std::size_t result_sources_max = 200;  // of a task
// Adds what is new, up to `most`; a known address without a title takes the newer title.
void merge_sources(std::vector<SourceRef>& sources, const std::vector<SourceRef>& more, std::size_t most);

struct MemberAnswer {
  std::string member, model, agent, chunk;
  ChunkStatus status = ChunkStatus::ok;
  std::string text;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::optional<ErrorInfo> error;
  std::string reasoning{};           // absent in JSON when empty
  std::vector<SourceRef> sources{};  // that the model cited, in the order of the response; likewise
  bool operator==(const MemberAnswer&) const = default;
};

// A file of a program that models wrote.
struct ResultFile {
  std::string path;      // relative, without `..`
  std::string language;  // of its code block; may be empty
  std::string text;
  bool operator==(const ResultFile&) const = default;
};

// One per model call, including failed ones.
struct Receipt {
  std::string chunk, member, model, provider;
  int attempt = 1;
  ChunkStatus status = ChunkStatus::ok;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::string finish_reason;
  Generation generation{};
  bool operator==(const Receipt&) const = default;
};

// The earlier task whose answer the cache returned.
struct CacheOrigin {
  std::string stream_id;
  std::optional<double> similarity{};  // cosine of the embeddings of both tasks; absent for an identical task
  bool operator==(const CacheOrigin&) const = default;
};

struct TaskResult {
  std::string workflow;
  std::string answer;
  std::vector<MemberAnswer> answers;  // in the order of the plan
  std::string synthesis;              // merged from several answers; may be empty
  std::string rankings_json;          // an object if answers were ranked, else empty
  std::string votes_json;             // an object if there was a vote, else empty
  std::string review_json;            // an object if there was a review, else empty
  std::vector<SkippedMember> skipped;
  bool degraded = false;
  std::vector<std::string> reasons;  // of `degraded`
  Usage usage;
  Cost cost;
  bool cached = false;
  std::vector<Receipt> receipts;
  std::vector<SourceRef> sources{};     // of a web search, then those that models cited; each address once
  std::vector<ResultFile> files{};      // of the program, if the workflow writes one
  std::string judgments_json{};         // an array if a step judged the work of others, else empty: who judged whom
  std::string comparisons_json{};       // input of the standings, with the models that answered; not part of the JSON
  std::string verdict_json{};           // an object if there is a structured verdict, else empty
  std::string verdict_absent_reason{};  // why a workflow with a verdict has none; empty otherwise
  std::string rounds_json{};            // an array if the workflow has rounds, else empty: the chunks of each
  std::optional<CacheOrigin> cache{};   // of a cached result; absent from an older server
  std::string readiness_json{};         // an object if the workflow states when its result is ready, else empty
  bool operator==(const TaskResult&) const = default;
};

// Conversion from and to JSON. Unknown fields are ignored, absent fields have their default value. Never throws. Any
// thread.
Json to_json(const Usage& usage);  // null if nothing is known
Json to_json(const UsageSum& sum);
Json to_json(const Cost& cost);
// Adds actual_model, generation_id, upstream_provider, request_id, started_at, parameters, prompt_version and
// error_class, those that are known, to an object.
void add_generation(Json& json, const Generation& generation);
Json to_json(const ErrorInfo& error);
Json to_json(const MemberRef& member);
Json to_json(const SourceRef& source);
Json to_json(const SkippedMember& skipped);
Json to_json(const ResultFile& file);
Json to_json(const CacheOrigin& origin);
Json to_json(const TaskResult& result);
Usage usage_from(const Json& json);
Cost cost_from(const Json& json);
Generation generation_from(const Json& json);  // of the object that contains its fields
ErrorInfo error_info_from(const Json& json);
CacheOrigin cache_origin_from(const Json& json);
std::vector<SourceRef> sources_from(const Json& json);  // an array
TaskResult task_result_from(const Json& json);

}  // namespace plenum
