#include "server/provider/protocol/stream_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/strings.h"
#include "server/provider/protocol/answer/finish_reasons.h"
#include "server/provider/protocol/errors/error_classifier.h"
#include "server/provider/protocol/json/json_fields.h"

namespace plenum::protocol {

namespace {

constexpr std::size_t quoted_bytes_max = 200;

// An unterminated line that may be the start of a field, or of an error.
bool may_be_field(std::string_view line) {
  constexpr std::string_view fields[] = {"data", "event", "id", "retry", "error:"};
  return std::any_of(std::begin(fields), std::end(fields),
                     [line](std::string_view field) { return field.starts_with(line); });
}

// Errors without the member `error`. Parsing every object a second time would be slow.
bool may_state_error(std::string_view object) {
  return object.find("\"message\"") != object.npos || object.find("\"detail\"") != object.npos;
}

// Redaction recognizes the start of a key at the end of a message: nothing may follow the text.
Error unreadable(std::string_view what, std::string_view text) {
  return Error{ErrorCode::malformed, fmt::format("{}: {}", what, utf8_prefix(text, quoted_bytes_max))};
}

}  // namespace

void StreamDecoder::ParsedChunk::clear() {
  for (auto* text_of : {&reasoning, &text, &refusal, &finish_reason}) text_of->clear();  // retains the capacity
  usage = {};
  cost = {};
  sources.clear();
  tool_call = complete = ended = error = false;
  failure.reset();
}

void StreamDecoder::ParsedChunk::note_error(JsonReader& reader) { error |= skip_statement(reader); }

bool StreamDecoder::ParsedChunk::has_content() const {
  return tool_call || !is_blank(text) || !is_blank(reasoning) || !is_blank(refusal);
}

StreamDecoder::StreamDecoder(std::size_t event_bytes_max, DoneMark done_mark)
    : done_mark_(done_mark), sse_(event_bytes_max, SseDecoder::OtherLines::emitted), objects_(event_bytes_max) {}

void StreamDecoder::note(JsonReader& reader, std::string& field) {
  if (!field.empty()) return reader.skip();
  read_text(reader, field);
  field = repaired_utf8(utf8_prefix(field, Generation::bytes_max));
}

void StreamDecoder::feed(std::string_view bytes, std::vector<ProviderDelta>& out) {
  if (ended()) return;
  if (is_web_page(bytes)) {
    return state_.on_error(Error{ErrorCode::malformed, "the provider returned HTML instead of JSON",
                                 "Check that base_url is the URL of an API, not of a web site."});
  }
  events_.clear();
  const auto fed = sse_.feed(bytes, events_);
  for (const auto& event : events_) {
    if (ended()) return;
    take_event(event, out);
  }
  if (!fed && !ended()) {
    state_.on_error(Error{ErrorCode::malformed, "a line of the response is too long: " + fed.error().message});
  }
}

bool StreamDecoder::is_web_page(std::string_view bytes) {
  constexpr std::string_view blanks_and_byte_order_mark = " \t\r\n\xEF\xBB\xBF";
  if (begun_) return false;
  const auto first = bytes.find_first_not_of(blanks_and_byte_order_mark);
  if (first == bytes.npos) return false;
  begun_ = true;
  return bytes[first] == '<';
}

void StreamDecoder::take_event(const SseEvent& event, std::vector<ProviderDelta>& out) {
  if (event.is_line) return take_other_line(event.data, out);
  objects_.reset();
  any_event_ = true;
  const auto data = trimmed(event.data);
  if (event.event == "error") {
    if (!take(data, BodyKind::event, out) || !ended()) state_.on_error(error_of_event(data));
    return;
  }
  // The standard dispatches events with empty data; proxies send them to keep a connection open.
  const auto rest = take_lines(data, out);
  if (rest.empty()) return;
  if (auto error = find_error(rest)) return state_.on_error(*std::move(error));
  state_.on_unreadable(unreadable("a line of the response is not JSON", rest));
}

// The data of an event is one JSON text or end mark, or several, one per line, of servers that end events with one LF.
// Returns the part that is neither.
std::string_view StreamDecoder::take_lines(std::string_view data, std::vector<ProviderDelta>& out) {
  while (!data.empty() && !ended() && !take_text(data, out)) {
    const auto end = data.find('\n');
    if (end == data.npos || !take_text(trimmed(data.substr(0, end)), out)) return data;
    data = trimmed(data.substr(end));
  }
  return {};
}

bool StreamDecoder::take_text(std::string_view text, std::vector<ProviderDelta>& out) {
  if (text != "[DONE]") return take(text, BodyKind::event, out);
  state_.on_end_mark(done_mark_ == DoneMark::completes && objects_.other_text().empty());
  return true;
}

// A line outside of events: a part of a JSON object, or an error. Any other is ignored; but a `[DONE]` alone does not
// make an answer complete then, because gateways append it to every response.
void StreamDecoder::take_other_line(std::string_view line, std::vector<ProviderDelta>& out) {
  if (auto error = objects_.is_open() ? std::nullopt : error_of_line(line)) return state_.on_error(*std::move(error));
  std::vector<std::string> found;
  if (const auto fed = objects_.feed(line, found); !fed) state_.on_error(fed.error());
  for (const auto& object : found) {
    if (ended()) return;
    any_event_ |= take(object, BodyKind::whole, out);
    const bool has_no_part = !state_.whole() && !ended() && !chunk_.has_content();
    if (has_no_part && !stated_ && may_state_error(object)) stated_ = find_error(object);
  }
}

bool StreamDecoder::take(std::string_view json, BodyKind kind, std::vector<ProviderDelta>& out) {
  chunk_.clear();
  if (!read(json, kind, chunk_)) {
    chunk_.clear();
    return false;
  }
  if (chunk_.has_content()) {
    state_.on_content();
    figures_are_final_ = false;
  }
  if (ended()) return true;
  emit(TokenKind::reasoning, chunk_.reasoning, out);
  emit(TokenKind::text, chunk_.text, out);
  refusal_ += chunk_.refusal;
  any_tool_call_ |= chunk_.tool_call;
  merge_sources(sources_, chunk_.sources, answer_sources_max);
  take_end(json);
  take_figures();
  return true;
}

void StreamDecoder::take_end(std::string_view json) {
  if (!is_no_reason(chunk_.finish_reason)) {
    state_.on_finish(chunk_.finish_reason);
  } else if (chunk_.complete) {
    state_.on_complete();
  }
  if (chunk_.error) {
    state_.on_error(error_of_event(json));
  } else if (chunk_.failure) {
    state_.on_error(*chunk_.failure);
  } else if (chunk_.ended) {
    state_.on_end_mark(true);
  }
}

// Before the end of an answer, usage and cost are those of a part of it.
void StreamDecoder::take_figures() {
  const bool any = chunk_.usage.known() || chunk_.cost.usd;
  merge_cumulative(usage_, chunk_.usage);
  if (chunk_.cost.usd) cost_ = chunk_.cost;
  figures_are_final_ |= any && (state_.whole() || ended());
}

// Parses what the end of the body left unterminated. A last event that the end of the body truncated is not JSON: that
// is truncation, not a format error.
void StreamDecoder::take_last(std::vector<ProviderDelta>& out) {
  events_.clear();
  sse_.finish(events_);
  for (const auto& event : events_) {
    if (ended()) return;
    const auto data = trimmed(event.data);
    if (event.is_line) {
      if (!may_be_field(data)) take_other_line(event.data, out);
    } else if (event.event == "error") {
      take_event(event, out);
    } else if (const auto rest = take_lines(data, out); !rest.empty()) {
      any_event_ = true;
      if (auto error = find_error(rest)) state_.on_error(*std::move(error));
    }
  }
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
  if (!state_.whole() && !figures_are_final_) {
    usage_ = {};
    cost_ = {};
  }
  if (!usage_.total_tokens && usage_.prompt_tokens && usage_.completion_tokens) {
    usage_.total_tokens = *usage_.prompt_tokens + *usage_.completion_tokens;
  }
  auto error = error_of_end(std::move(broken));
  using Kind = FinishMeaning::Kind;
  const auto& reason = state_.finish_reason();
  const auto kind = reason.empty() ? Kind::normal : meaning_of(reason).kind;
  core::ChatEnd end{!error.has_value(), reason, state_.whole() && kind == Kind::token_limit, usage_, cost_,
                    std::move(error)};
  end.sources = std::move(sources_);
  end.generation = generation_;
  end.orderly = state_.whole() && kind != Kind::failure;
  if (end.ok && kind == Kind::unknown) {
    end.warning = Error{
        ErrorCode::truncated,
        fmt::format("the provider ended the answer with the unknown finish reason \"{}\": the text may be incomplete",
                    utf8_prefix(reason, quoted_bytes_max)),
        "Check the text; the documentation of the provider states what the finish reason means."};
  }
  return end;
}

std::optional<Error> StreamDecoder::error_of_end(std::optional<Error> broken) const {
  if (state_.error()) return state_.error();
  const auto& reason = state_.finish_reason();
  if (const auto meaning = meaning_of(reason); !reason.empty() && meaning.kind == FinishMeaning::Kind::failure) {
    return Error{meaning.failure, fmt::format("the provider ended the answer with finish reason \"{}\"", reason)};
  }
  return state_.whole() ? error_of_complete() : error_of_incomplete(std::move(broken));
}

std::optional<Error> StreamDecoder::error_of_incomplete(std::optional<Error> broken) const {
  if (stated_) return stated_;
  if (broken) return broken;
  if (!any_event_ && !objects_.is_open() && !objects_.other_text().empty()) {
    return unreadable("the response is neither an event stream nor JSON", objects_.other_text());
  }
  return Error{ErrorCode::truncated, "the response ended before the answer was complete"};
}

std::optional<Error> StreamDecoder::error_of_complete() const {
  if (any_text_) return std::nullopt;
  const auto kind = meaning_of(state_.finish_reason()).kind;
  if (!refusal_.empty()) return Error{ErrorCode::content_filter, "the model returned a refusal: " + refusal_};
  if (kind == FinishMeaning::Kind::token_limit) {
    return Error{ErrorCode::truncated, "the model reached its token limit before any text",
                 "Allow more tokens for this step, or use a model with less reasoning."};
  }
  if (any_tool_call_ || kind == FinishMeaning::Kind::tool_call) {
    return Error{ErrorCode::no_usable_answer, "the model called a tool instead of answering",
                 "Use another model, or rephrase the task: no tools are offered to models."};
  }
  return Error{ErrorCode::server, any_reasoning_ ? "the answer contains reasoning but no text" : "the answer is empty"};
}

}  // namespace plenum::protocol
