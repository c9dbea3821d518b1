// What a task came to: the same object in the terminal event, the buffered run and GET …/result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"

namespace plenum {

// Where a stream is in its life. Changes only forward: docs/protocol.md, "Status values".
enum class TaskStatus : std::uint8_t { initializing, running, completed, error, cancelled, interrupted, expired };
std::string_view name_of(TaskStatus status);
std::optional<TaskStatus> task_status_named(std::string_view name);
inline bool is_terminal(TaskStatus status) { return status >= TaskStatus::completed; }

// How one chunk (one execution of one step) ended.
enum class ChunkStatus : std::uint8_t { ok, error, timeout, cancelled, skipped };
std::string_view name_of(ChunkStatus status);
std::optional<ChunkStatus> chunk_status_named(std::string_view name);

// Tokens as the provider counted them. Absent means never reported, which is not zero.
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
// Overwrites with every field the newer figure has: usage frames are cumulative, never increments.
void merge_cumulative(Usage& usage, const Usage& newer);

// What several calls used together. A figure that one of them did not report is absent from the total as
// well: what the others used is not the total. Not thread-safe.
class UsageSum {
 public:
  void add(const Usage& usage);
  const Usage& total() const { return total_; }  // nothing known before the first add

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
// The sum; unknown as soon as one side is, estimated as soon as one side is.
Cost operator+(const Cost& left, const Cost& right);
// A call that generated nothing and costs nothing, such as one that was refused: it has no figures, and
// this makes nobody else's incomplete.
inline bool used_nothing(const Usage& usage, const Cost& cost) { return !usage.known() && cost.usd == 0.0; }

// An error as it stands in events, results and status.
struct ErrorInfo {
  std::string code;  // a wire name of common/base/error.h
  std::string message;
  std::string remedy;
  bool retryable = false;
  std::optional<std::int64_t> retry_after_ms;
  bool operator==(const ErrorInfo&) const = default;
};
ErrorInfo error_info(const Error& error);

struct MemberRef {
  std::string id;     // as it was asked for: provider/model
  std::string model;  // without the provider
  bool operator==(const MemberRef&) const = default;
};
struct SkippedMember {
  std::string id;
  std::string reason;
  bool operator==(const SkippedMember&) const = default;
};

// Where something was found.
struct SourceRef {
  std::string title, url;
  bool operator==(const SourceRef&) const = default;
};

struct MemberAnswer {
  std::string member, model, agent, chunk;
  ChunkStatus status = ChunkStatus::ok;
  std::string text;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::optional<ErrorInfo> error;
  bool operator==(const MemberAnswer&) const = default;
};

// One per model call, failed ones included.
struct Receipt {
  std::string chunk, member, model, provider;
  int attempt = 1;
  ChunkStatus status = ChunkStatus::ok;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::string finish_reason;
  bool operator==(const Receipt&) const = default;
};

struct TaskResult {
  std::string workflow;
  std::string answer;
  std::vector<MemberAnswer> answers;  // in the order of the plan
  std::string synthesis;              // what was made of several answers; empty when nothing was
  std::string rankings_json;          // an object when answers were ranked; empty otherwise
  std::string votes_json;             // an object when there was a vote; empty otherwise
  std::string review_json;            // an object when the workflow reviewed; empty otherwise
  std::vector<SkippedMember> skipped;
  bool degraded = false;
  std::vector<std::string> reasons;  // why it is degraded
  Usage usage;
  Cost cost;
  bool cached = false;
  std::vector<Receipt> receipts;
  std::vector<SourceRef> sources{};  // of a web search; empty without one
  bool operator==(const TaskResult&) const = default;
};

// JSON both ways. The readers ignore what they do not know and leave absent fields at their default;
// they never throw. Any thread.
Json to_json(const Usage& usage);  // null when nothing is known
Json to_json(const UsageSum& sum);
Json to_json(const Cost& cost);
Json to_json(const ErrorInfo& error);
Json to_json(const MemberRef& member);
Json to_json(const SourceRef& source);
Json to_json(const SkippedMember& skipped);
Json to_json(const TaskResult& result);
Usage usage_from(const Json& json);
Cost cost_from(const Json& json);
ErrorInfo error_info_from(const Json& json);
std::vector<SourceRef> sources_from(const Json& json);  // an array
TaskResult task_result_from(const Json& json);

}  // namespace plenum
