// The frames of LLM Council's versions: what differs between them are names and places of the same data. Inside
// server/compat only. Pure: any thread.
#pragma once

#include <string>

#include "common/json/json.h"
#include "server/compat/run_view.h"
#include "server/compat/translator.h"

namespace plenum::compat {

enum class CouncilVersion : std::uint8_t {
  stages,  // January and February 2026: stage1_* to stage3_*
  rounds,  // since then: round_*, model_* and synthesis_*
};

class CouncilFrames {
 public:
  explicit CouncilFrames(CouncilVersion version) : version_(version) {}

  Frame answers_start(Json models) const;
  Frame token(const std::string& model, const std::string& text) const;
  // index: 1-based, in the order of arrival.
  Frame response(Json answer, int index, std::size_t total) const;
  Frame failed_answer(Json error) const;
  Frame progress(Json progress) const;
  Frame answers_complete(Json answers) const;
  Frame rankings_start() const;
  // errors: of reviewers; an empty array is omitted.
  Frame rankings_complete(Json rankings, Json metadata, Json errors) const;
  Frame synthesis_start() const;
  Frame synthesis_complete(Json synthesis) const;
  // The keys of `by_stage` in metrics_complete.
  const char* answers_key() const { return version_ == CouncilVersion::stages ? "stage1" : "responses"; }
  const char* rankings_key() const { return version_ == CouncilVersion::stages ? "stage2" : "rankings"; }
  const char* synthesis_key() const { return version_ == CouncilVersion::stages ? "stage3" : "synthesis"; }

 private:
  const CouncilVersion version_;
};

// A frame that is the same in every version; null members are omitted.
Frame council_frame(const char* type, Json data = {}, Json metadata = {});
// The figures of one call, without those that are unknown: the client computes with what is present.
Json call_metrics(const ChunkCompleted& chunk);
// {model, response, metrics}.
Json council_answer(const ChunkFacts& chunk);
// {model, status_code, category, message}: `category` is auth, billing, rate_limit, transient, timeout or unknown.
Json council_error(const ChunkFacts& chunk);
// total_cost, total_tokens, total_latency_ms and by_stage; null if cost or tokens are unknown, because the client
// formats all three as numbers.
Json council_metrics(const RunView& run, const TaskResult& result, std::int64_t t_ms, const CouncilFrames& frames);
// The first line of the task, at most 50 characters.
std::string council_title(std::string_view task);

}  // namespace plenum::compat
