#include "server/provider/protocol/stream_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/provider/protocol/errors/error_classifier.h"
#include "server/provider/protocol/json/json_fields.h"

namespace plenum::protocol {

namespace {

// Error JSON that a server writes into the stream without `data:` is a few hundred bytes.
constexpr std::size_t stray_bytes_max = 4096;

}  // namespace

void StreamDecoder::ParsedChunk::clear() {
  for (auto* text_of : {&reasoning, &text, &refusal, &finish_reason}) text_of->clear();  // retains the capacity
  usage = {};
  cost = {};
  sources.clear();
  complete = ended = error = false;
  failure.reset();
}

StreamDecoder::StreamDecoder(std::size_t event_bytes_max, FinishRules rules)
    : event_bytes_max_(event_bytes_max), rules_(rules), sse_(event_bytes_max, stray_bytes_max) {}

void StreamDecoder::note(JsonReader& reader, std::string& field) {
  if (!field.empty()) return reader.skip();
  read_text(reader, field);
  field = repaired_utf8(utf8_prefix(field, Generation::bytes_max));
}

void StreamDecoder::feed(std::string_view bytes, std::vector<ProviderDelta>& out) {
  if (ended()) return;
  events_.clear();
  const auto fed = sse_.feed(bytes, events_);
  for (const auto& event : events_) {
    if (ended()) return;
    take_event(event, out);
  }
  if (!fed && !ended()) {
    error_ = Error{ErrorCode::malformed, "a line of the response is too long: " + fed.error().message};
  }
}

void StreamDecoder::feed_whole(std::string_view json, std::vector<ProviderDelta>& out) {
  if (ended()) return;
  if (json.size() > event_bytes_max_) {
    error_ = Error{ErrorCode::malformed, fmt::format("the response is larger than {} bytes", event_bytes_max_)};
  } else if (!take(json, BodyKind::whole, out)) {
    error_ = find_error(json);
    if (!error_) error_ = Error{ErrorCode::malformed, "the response is not a JSON object"};
  }
  ended_ = true;
}

void StreamDecoder::take_event(const SseEvent& event, std::vector<ProviderDelta>& out) {
  if (event.data == "[DONE]") {
    ended_ = true;
    complete_ |= rules_.done_completes;
  } else if (!take(event.data, BodyKind::event, out)) {
    error_ = event.event == "error" ? error_of_event(event.data) : find_error(event.data);
    // Not truncated here: redaction might miss a part of a key. It truncates afterwards.
    if (!error_) {
      error_ = Error{ErrorCode::malformed, fmt::format("a line of the response is not JSON: {}", event.data)};
    }
  }
}

bool StreamDecoder::take(std::string_view json, BodyKind kind, std::vector<ProviderDelta>& out) {
  chunk_.clear();
  if (!read(json, kind, chunk_)) return false;
  emit(TokenKind::reasoning, chunk_.reasoning, out);
  emit(TokenKind::text, chunk_.text, out);
  refusal_ += chunk_.refusal;
  if (!chunk_.finish_reason.empty()) finish_reason_ = chunk_.finish_reason;
  merge_cumulative(usage_, chunk_.usage);
  if (chunk_.cost.usd) cost_ = chunk_.cost;
  merge_sources(sources_, chunk_.sources, answer_sources_max);
  complete_ |= chunk_.complete;
  ended_ |= chunk_.ended;
  if (chunk_.error) {
    error_ = error_of_event(json);
  } else if (chunk_.failure) {
    error_ = chunk_.failure;
  }
  return true;
}

// Parses what the end of the body left unterminated.
void StreamDecoder::take_last(std::vector<ProviderDelta>& out) {
  if (const auto last = sse_.unfinished()) {
    // A last line that the end of the body truncated is not JSON: that is truncation, not a format error.
    if (last->data == "[DONE]") {
      take_event(*last, out);
    } else if (!take(last->data, BodyKind::event, out)) {
      error_ = find_error(last->data);
    }
  }
  if (!complete_ && !error_) error_ = find_error_in_lines(sse_.stray());
}

void StreamDecoder::emit(TokenKind kind, std::string_view piece, std::vector<ProviderDelta>& out) {
  if (piece.empty()) return;
  std::string whole;  // empty after the beginning of a character
  (kind == TokenKind::text ? text_joiner_ : reasoning_joiner_).feed(piece, whole);
  if (kind == TokenKind::text && !inline_reasoning_.done()) return append_text(whole, out);
  append(kind, std::move(whole), out);
}

void StreamDecoder::flush(TokenKind kind, std::vector<ProviderDelta>& out) {
  std::string rest;
  (kind == TokenKind::text ? text_joiner_ : reasoning_joiner_).finish(rest);
  if (kind == TokenKind::reasoning) return append(kind, std::move(rest), out);
  append_text(rest, out);
  std::string reasoning, answer;
  inline_reasoning_.finish(reasoning, answer);
  append(TokenKind::reasoning, std::move(reasoning), out);
  append(TokenKind::text, std::move(answer), out);
}

void StreamDecoder::append_text(std::string_view text, std::vector<ProviderDelta>& out) {
  std::string reasoning, answer;
  inline_reasoning_.feed(text, reasoning, answer);
  append(TokenKind::reasoning, std::move(reasoning), out);
  append(TokenKind::text, std::move(answer), out);
}

void StreamDecoder::append(TokenKind kind, std::string text, std::vector<ProviderDelta>& out) {
  if (text.empty()) return;
  (kind == TokenKind::text ? any_text_ : any_reasoning_) = true;
  out.push_back({kind, std::move(text)});
}

core::ChatEnd StreamDecoder::finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) {
  if (!ended()) take_last(out);
  flush(TokenKind::reasoning, out);
  flush(TokenKind::text, out);
  if (!usage_.total_tokens && usage_.prompt_tokens && usage_.completion_tokens) {
    usage_.total_tokens = *usage_.prompt_tokens + *usage_.completion_tokens;
  }
  auto error = error_of_end(std::move(broken));
  const bool cut_short = complete_ && finish_rule().cut_short;
  core::ChatEnd end{!error.has_value(), finish_reason_, cut_short, usage_, cost_, std::move(error)};
  end.sources = std::move(sources_);
  end.generation = generation_;
  return end;
}

FinishRule StreamDecoder::finish_rule() const {
  if (finish_reason_.empty()) return {};
  const auto& rows = rules_.finishes;
  const auto found = std::find_if(rows.begin(), rows.end(), [this](const FinishRule& row) {
    return row.reason.empty() || row.reason == finish_reason_;
  });
  return found == rows.end() ? FinishRule{} : *found;
}

std::optional<Error> StreamDecoder::error_of_end(std::optional<Error> broken) const {
  if (error_) return error_;
  const auto rule = finish_rule();
  if (rule.failure) {
    return Error{*rule.failure, fmt::format("the provider ended the answer with finish reason \"{}\"", finish_reason_)};
  }
  if (!complete_) {
    if (broken) return broken;
    return Error{ErrorCode::truncated, "the response ended before the answer was complete"};
  }
  if (any_text_) return std::nullopt;
  if (!refusal_.empty()) return Error{ErrorCode::content_filter, "the model returned a refusal: " + refusal_};
  if (rule.cut_short) {
    return Error{ErrorCode::truncated, "the model reached its token limit before any text",
                 "Allow more tokens for this step, or use a model with less reasoning."};
  }
  return Error{ErrorCode::server, any_reasoning_ ? "the answer contains reasoning but no text" : "the answer is empty"};
}

}  // namespace plenum::protocol
