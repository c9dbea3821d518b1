#include "server/provider/protocol/stream_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/provider/protocol/error_classifier.h"

namespace plenum::protocol {

namespace {

// An error's JSON that a server writes into the stream without `data:` is a few hundred bytes.
constexpr std::size_t stray_bytes_max = 4096;

}  // namespace

void StreamDecoder::ParsedChunk::clear() {
  for (auto* text_of : {&reasoning, &text, &refusal, &finish_reason}) text_of->clear();  // keeps the capacity
  usage = {};
  cost = {};
  complete = ended = error = false;
  failure.reset();
}

StreamDecoder::StreamDecoder(std::size_t event_bytes_max, FinishRules manner)
    : event_bytes_max_(event_bytes_max), manner_(manner), sse_(event_bytes_max, stray_bytes_max) {}

void StreamDecoder::feed(std::string_view bytes, std::vector<ProviderDelta>& out) {
  if (ended()) return;
  events_.clear();
  const auto fed = sse_.feed(bytes, events_);
  for (const auto& event : events_) {
    if (ended()) return;
    take_event(event, out);
  }
  if (!fed && !ended()) {
    failure_ = Error{ErrorCode::malformed, "the answer holds a line that is too long: " + fed.error().message};
  }
}

void StreamDecoder::feed_whole(std::string_view json, std::vector<ProviderDelta>& out) {
  if (ended()) return;
  if (json.size() > event_bytes_max_) {
    failure_ = Error{ErrorCode::malformed, fmt::format("the answer is larger than {} bytes", event_bytes_max_)};
  } else if (!take(json, BodyKind::whole, out)) {
    failure_ = failure_in(json);
    if (!failure_) failure_ = Error{ErrorCode::malformed, "the answer is not the JSON object that it says it is"};
  }
  ended_ = true;
}

void StreamDecoder::take_event(const SseEvent& event, std::vector<ProviderDelta>& out) {
  if (event.data == "[DONE]") {
    ended_ = true;
    complete_ |= manner_.done_completes;
  } else if (!take(event.data, BodyKind::event, out)) {
    failure_ = event.event == "error" ? failure_in_stream(event.data) : failure_in(event.data);
    // Whole: cut here, a part of a key could get past the scrubbing, which cuts it afterwards.
    if (!failure_) {
      failure_ = Error{ErrorCode::malformed, fmt::format("the answer holds a line that is not JSON: {}", event.data)};
    }
  }
}

bool StreamDecoder::take(std::string_view json, BodyKind form, std::vector<ProviderDelta>& out) {
  said_.clear();
  if (!read(json, form, said_)) return false;
  emit(TokenKind::reasoning, said_.reasoning, out);
  emit(TokenKind::text, said_.text, out);
  refusal_ += said_.refusal;
  if (!said_.finish_reason.empty()) finish_reason_ = said_.finish_reason;
  merge_cumulative(usage_, said_.usage);
  if (said_.cost.usd) cost_ = said_.cost;
  complete_ |= said_.complete;
  ended_ |= said_.ended;
  if (said_.error) {
    failure_ = failure_in_stream(json);
  } else if (said_.failure) {
    failure_ = said_.failure;
  }
  return true;
}

// What the end of the body left undecided.
void StreamDecoder::take_last(std::vector<ProviderDelta>& out) {
  if (const auto last = sse_.unfinished()) {
    // A last line that the end of the body cut in two is no JSON: that is truncation, not bad format.
    if (last->data == "[DONE]") {
      take_event(*last, out);
    } else if (!take(last->data, BodyKind::event, out)) {
      failure_ = failure_in(last->data);
    }
  }
  if (!complete_ && !failure_) failure_ = failure_among(sse_.stray());
}

void StreamDecoder::emit(TokenKind kind, std::string_view piece, std::vector<ProviderDelta>& out) {
  if (piece.empty()) return;
  ProviderDelta delta{kind, {}};
  (kind == TokenKind::text ? text_joiner_ : reasoning_joiner_).feed(piece, delta.text);
  if (delta.text.empty()) return;  // the beginning of a character, no more
  (kind == TokenKind::text ? any_text_ : any_reasoning_) = true;
  out.push_back(std::move(delta));
}

void StreamDecoder::flush(TokenKind kind, std::vector<ProviderDelta>& out) {
  ProviderDelta rest{kind, {}};
  (kind == TokenKind::text ? text_joiner_ : reasoning_joiner_).finish(rest.text);
  if (rest.text.empty()) return;
  (kind == TokenKind::text ? any_text_ : any_reasoning_) = true;
  out.push_back(std::move(rest));
}

core::ChatEnd StreamDecoder::finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) {
  if (!ended()) take_last(out);
  flush(TokenKind::reasoning, out);
  flush(TokenKind::text, out);
  if (!usage_.total_tokens && usage_.prompt_tokens && usage_.completion_tokens) {
    usage_.total_tokens = *usage_.prompt_tokens + *usage_.completion_tokens;
  }
  auto error = verdict(std::move(broken));
  const bool cut_short = complete_ && meaning_of_finish().cut_short;
  return core::ChatEnd{!error.has_value(), finish_reason_, cut_short, usage_, cost_, std::move(error)};
}

FinishRow StreamDecoder::meaning_of_finish() const {
  if (finish_reason_.empty()) return {};
  const auto& rows = manner_.finishes;
  const auto found = std::find_if(rows.begin(), rows.end(), [this](const FinishRow& row) {
    return row.reason.empty() || row.reason == finish_reason_;
  });
  return found == rows.end() ? FinishRow{} : *found;
}

std::optional<Error> StreamDecoder::verdict(std::optional<Error> broken) const {
  if (failure_) return failure_;
  const auto meaning = meaning_of_finish();
  if (meaning.failure) {
    return Error{*meaning.failure, fmt::format("the provider ended the answer with \"{}\"", finish_reason_)};
  }
  if (!complete_) {
    if (broken) return broken;
    return Error{ErrorCode::truncated, "the answer ended before the provider said that it was whole"};
  }
  if (any_text_) return std::nullopt;
  if (!refusal_.empty()) return Error{ErrorCode::content_filter, "the model refused: " + refusal_};
  if (meaning.cut_short) {
    return Error{ErrorCode::truncated, "the model used up its tokens before it wrote any text",
                 "Allow more tokens for this step, or take a model that reasons less."};
  }
  return Error{ErrorCode::server, any_reasoning_ ? "the answer holds reasoning but no text"
                                                 : "the answer ended in order but holds no text"};
}

}  // namespace plenum::protocol
