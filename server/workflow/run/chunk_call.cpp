#include "server/workflow/run/chunk_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/sha256.h"
#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace plenum::workflow {

namespace {

using std::chrono::duration_cast;

constexpr std::size_t reasoning_bytes_max = 1024 * 1024;

}  // namespace

ChunkCall::ChunkCall(StepIndex step, ChunkOwner& owner, runtime::EventLoop& loop, CallLimits limits,
                     std::string prompt_version)
    : step_(step), owner_(owner), loop_(loop), limits_(std::move(limits)), prompt_version_(std::move(prompt_version)) {}

ChunkCall::~ChunkCall() { loop_.cancel(timer_); }

void ChunkCall::start_clock() {
  started_ = loop_.clock().steady();
  started_at_ = rfc3339(loop_.clock().wall());
}

void ChunkCall::begin_attempt(std::shared_ptr<const EventSource> source) {
  source_ = std::move(source);
  start_clock();
  reached_provider_ = false;
  if (prefix_bytes_ == 0) {
    first_token_.reset();
    reasoning_.clear();
  }
  output_.resize(prefix_bytes_);
}

void ChunkCall::begin_follow_up(std::shared_ptr<const EventSource> source, std::string_view separator, bool repairs) {
  source_ = std::move(source);
  // The deltas, joined, must equal the output.
  if (!separator.empty() && owner_.on_delta(*this, separator, TokenKind::text)) output_.append(separator);
  prefix_bytes_ = output_.size();
  if (repairs) repaired_at_ = prefix_bytes_;
  start_clock();
  reached_provider_ = false;
}

void ChunkCall::discard_follow_up() {
  prefix_bytes_ = repaired_at_ = 0;
  end_before_.reset();
}

void ChunkCall::restore_attempt(std::shared_ptr<const EventSource> source, std::string output, milliseconds age,
                                std::optional<milliseconds> first_token_age, std::string started_at) {
  source_ = std::move(source);
  started_at_ = std::move(started_at);
  // The time while the server was down does not count as the member's.
  started_ = loop_.clock().steady() - age;
  if (first_token_age) first_token_ = loop_.clock().steady() - *first_token_age;
  reached_provider_ = true;  // unknown: the call may have cost something
  output_ = std::move(output);
}

void ChunkCall::start(core::Providers& providers, std::string_view provider, Prompt prompt) {
  label_order_ = std::move(prompt.label_order);
  parameters_json_ = receipt_parameters(prompt.request.parameters);
  call_ = providers.start(provider, std::move(prompt.request), *this);
}

core::ChatEnd ChunkCall::abort() {
  call_.reset();
  core::ChatEnd end;
  if (!reached_provider_ && !first_token_) end.cost = Cost{0.0, CostOrigin::estimated};
  return end;
}

milliseconds ChunkCall::latency() const { return duration_cast<milliseconds>(loop_.clock().steady() - started_); }

Generation ChunkCall::generation_of(const core::ChatEnd& end) const {
  Generation generation = end.generation;
  generation.started_at = started_at_;
  generation.prompt_version = prompt_version_;
  if (generation.parameters_json.empty()) generation.parameters_json = parameters_json_;
  return generation;
}

ChunkCompleted ChunkCall::completed(ChunkStatus status, const core::ChatEnd& end) const {
  ChunkCompleted completed;
  completed.status = status;
  completed.output = output_;
  completed.chars = static_cast<std::int64_t>(code_points(output_));
  completed.sha256 = sha256_hex(output_);
  completed.usage = end.usage;
  completed.cost = end.cost;
  completed.latency_ms = latency().count();
  if (first_token_) completed.ttft_ms = duration_cast<milliseconds>(*first_token_ - started_).count();
  completed.finish_reason = end.finish_reason;
  completed.generation = generation_of(end);
  completed.truncated = end.cut_short;
  if (end.error) completed.error = error_info(*end.error);
  completed.label_order = label_order_;
  // Those of both calls of an answer that continues.
  if (end_before_) completed.sources = end_before_->sources;
  merge_sources(completed.sources, end.sources, answer_sources_max);
  completed.omitted_attachments = end.omitted_attachments;
  completed.reasoning = reasoning_;
  completed.repaired_at = static_cast<std::int64_t>(repaired_at_);
  return completed;
}

// --- the provider's callbacks ---

bool ChunkCall::emit(std::string_view delta, TokenKind kind) {
  if (!first_token_) first_token_ = loop_.clock().steady();
  return owner_.on_delta(*this, delta, kind);
}

void ChunkCall::on_text(std::string_view delta) {
  const std::string_view accepted =
      utf8_prefix(delta, limits_.answer_bytes_max - std::min(output_.size(), limits_.answer_bytes_max));
  // The deltas, joined, must equal the output: a delta that the stream did not take is not part of it.
  if (!accepted.empty()) {
    if (!emit(accepted, TokenKind::text)) return;
    output_.append(accepted);
  }
  if (accepted.size() == delta.size()) return;
  core::ChatEnd end = abort();
  end.error = Error{ErrorCode::stream_limit,
                    fmt::format("the answer is longer than {} bytes (answer_bytes_max)", limits_.answer_bytes_max),
                    "Request a shorter answer, or raise the answer_bytes_max setting of the server."};
  owner_.on_attempt_ended(*this, ChunkStatus::error, std::move(end));
}

// What is beyond the limit is streamed, and missing from the result.
void ChunkCall::on_reasoning(std::string_view delta) {
  if (!emit(delta, TokenKind::reasoning)) return;
  reasoning_.append(utf8_prefix(delta, reasoning_bytes_max - std::min(reasoning_.size(), reasoning_bytes_max)));
}

void ChunkCall::on_notice(const core::ChatNotice& notice) {
  using Kind = core::ChatNotice::Kind;
  switch (notice.kind) {
    case Kind::queued:
      // The time in the provider's queue is not the model's; the task's deadline bounds it.
      stop_timer();
      return owner_.on_queued(*this, notice.position);
    case Kind::begun:
      if (timer_ == 0) resume_timer(time_left_);
      reached_provider_ = true;
      start_clock();  // neither the queue nor the wait is part of the attempt
      return;
    case Kind::retrying:
      return owner_.on_retry(*this, notice);
  }
}

void ChunkCall::on_end(core::ChatEnd end) {
  if (end.ok && is_blank(std::string_view(output_).substr(prefix_bytes_))) {
    end.ok = false;
    end.error = Error{ErrorCode::no_usable_answer, "the model returned no text"};
  }
  const bool timed_out = end.error && end.error->code == ErrorCode::timeout;
  const ChunkStatus status = end.ok ? ChunkStatus::ok : timed_out ? ChunkStatus::timeout : ChunkStatus::error;
  owner_.on_attempt_ended(*this, status, std::move(end));
}

// --- the time limit ---

void ChunkCall::start_timer() { resume_timer(limits_.time); }

void ChunkCall::resume_timer(milliseconds time_left) {
  loop_.cancel(timer_);
  due_ = loop_.clock().steady() + time_left;
  timer_ = loop_.after(time_left, [this] { on_timeout(); });
}

// All attempts of one member share its time: a retry that is queued again has what is left of it.
void ChunkCall::stop_timer() {
  if (timer_ == 0) return;
  loop_.cancel(std::exchange(timer_, 0));
  time_left_ = std::max(std::chrono::ceil<milliseconds>(due_ - loop_.clock().steady()), milliseconds(0));
}

void ChunkCall::on_timeout() {
  timer_ = 0;
  core::ChatEnd end = abort();
  end.error = limits_.expired;
  owner_.on_attempt_ended(*this, ChunkStatus::timeout, std::move(end));
}

}  // namespace plenum::workflow
