#include "server/wire/openai_wire.h"

#include <fmt/format.h>

#include "common/json_writer.h"
#include "server/wire/failure.h"
#include "server/wire/json_walk.h"

namespace plenum::wire {

namespace {

using Kind = JsonWalk::Kind;

constexpr double count_max = 9e15;  // what a double counts exactly

std::string_view name_of(core::ChatMessage::Role role) {
  switch (role) {
    case core::ChatMessage::Role::system:
      return "system";
    case core::ChatMessage::Role::assistant:
      return "assistant";
    case core::ChatMessage::Role::user:
      break;
  }
  return "user";
}

// Reads a string into out, or passes over anything else.
void read_text(JsonWalk& walk, std::string& out) {
  if (walk.kind() == Kind::string) {
    walk.read_string(out);
  } else {
    walk.skip();
  }
}

void read_count(JsonWalk& walk, std::optional<std::int64_t>& out) {
  if (walk.kind() != Kind::number) return walk.skip();
  double value = -1;
  if (walk.read_number(value) && value >= 0 && value <= count_max) out = static_cast<std::int64_t>(value);
}

// An object's members, or nothing at all when something else stands there. F: (std::string_view key).
template <class F>
void each_member(JsonWalk& walk, F&& f) {
  if (walk.kind() != Kind::object) return walk.skip();
  std::string_view key;
  for (walk.enter_object(); walk.next_member(key);) f(key);
}

// Text is a string, or a list of parts of which those with a `text` count.
void read_content(JsonWalk& walk, std::string& out) {
  if (walk.kind() != Kind::array) return read_text(walk, out);
  for (walk.enter_array(); walk.next_element();) {
    each_member(walk, [&](std::string_view key) { key == "text" ? read_text(walk, out) : walk.skip(); });
  }
}

}  // namespace

std::string openai_request_body(const core::ChatRequest& request) {
  std::string messages = "[";
  for (const auto& message : request.messages) {
    messages += messages.size() == 1 ? "{" : ",{";
    JsonFields(messages).text("role", name_of(message.role)).text("content", message.content);
    messages += '}';
  }
  messages += ']';
  std::string body = "{";
  JsonFields fields(body);
  fields.text("model", request.model).raw("messages", messages);
  if (request.temperature) fields.raw("temperature", fmt::format("{}", *request.temperature));
  if (request.max_tokens) fields.number("max_tokens", *request.max_tokens);
  fields.flag("stream", true).raw("stream_options", R"({"include_usage":true})");
  return body.append("}");
}

void OpenAiDecoder::Choice::clear() {
  content.clear();
  reasoning.clear();
  refusal.clear();
  finish_reason.clear();
  index = 0;
}

void OpenAiDecoder::Choice::append(const Choice& next) {
  content += next.content;
  reasoning += next.reasoning;
  refusal += next.refusal;
  if (!next.finish_reason.empty()) finish_reason = next.finish_reason;
}

void OpenAiDecoder::feed(std::string_view bytes, std::vector<WireDelta>& out) {
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

void OpenAiDecoder::feed_whole(std::string_view json, std::vector<WireDelta>& out) {
  if (ended()) return;
  if (!take_chunk(json, "message", out)) {
    failure_ = Error{ErrorCode::malformed, "the answer is not the JSON object that it says it is"};
  }
  done_ = true;  // it is whole, whatever its finish_reason says
}

void OpenAiDecoder::take_event(const SseEvent& event, std::vector<WireDelta>& out) {
  if (event.data == "[DONE]") {
    done_ = true;
  } else if (!take_chunk(event.data, "delta", out)) {
    // Whole: cut here, a part of a key could get past scrubbed(), which cuts it afterwards.
    failure_ = event.event == "error" ? failure_in_stream(event.data)
                                      : Error{ErrorCode::malformed,
                                              fmt::format("the answer holds a line that is not JSON: {}", event.data)};
  }
}

// False when the text is not a JSON object; nothing of it counts then.
bool OpenAiDecoder::take_chunk(std::string_view json, std::string_view message_key, std::vector<WireDelta>& out) {
  choice_.clear();
  error_seen_ = false;
  JsonWalk walk(json);
  std::string_view key;
  for (walk.enter_object(); walk.next_member(key);) read_member(walk, key, message_key);
  if (!walk.finished()) return false;
  apply(json, out);
  return true;
}

void OpenAiDecoder::read_member(JsonWalk& walk, std::string_view key, std::string_view message_key) {
  if (key == "choices") return read_choices(walk, message_key);
  if (key == "usage") return read_usage(walk);
  if (key == "error") return note_error(walk);
  if (key == "x_groq") return read_groq(walk);
  if (key == "object") {  // vLLM: {"object":"error","message":…}
    scratch_.clear();
    read_text(walk, scratch_);
    error_seen_ |= scratch_ == "error";
    return;
  }
  walk.skip();
}

void OpenAiDecoder::read_choices(JsonWalk& walk, std::string_view message_key) {
  if (walk.kind() != Kind::array) return walk.skip();  // vLLM: null beside usage
  for (walk.enter_array(); walk.next_element();) {
    other_.clear();
    read_choice(walk, message_key);
    // One answer was asked for; whatever else comes is not part of it. Some servers put several pieces of
    // the one into a chunk, with or without its index: none of them may be lost.
    if (other_.index == 0) choice_.append(other_);
  }
}

void OpenAiDecoder::read_choice(JsonWalk& walk, std::string_view message_key) {
  each_member(walk, [&](std::string_view key) {
    if (key == message_key) {
      each_member(walk, [&](std::string_view part) {
        if (part == "content") return read_content(walk, other_.content);
        if (part == "refusal") return read_text(walk, other_.refusal);
        // Some servers send the same thought under both names.
        const bool thought = part == "reasoning_content" || part == "reasoning";
        thought&& other_.reasoning.empty() ? read_text(walk, other_.reasoning) : walk.skip();
      });
    } else if (key == "finish_reason") {
      read_text(walk, other_.finish_reason);
    } else if (key == "index" && walk.kind() == Kind::number) {
      walk.read_number(other_.index);
    } else if (key == "error") {
      note_error(walk);
    } else if (key == "usage") {
      read_usage(walk);
    } else {
      walk.skip();
    }
  });
}

void OpenAiDecoder::read_usage(JsonWalk& walk) {
  Usage usage;
  each_member(walk, [&](std::string_view key) {
    if (key == "prompt_tokens") return read_count(walk, usage.prompt_tokens);
    if (key == "completion_tokens") return read_count(walk, usage.completion_tokens);
    if (key == "total_tokens") return read_count(walk, usage.total_tokens);
    if (key == "prompt_cache_hit_tokens") return read_count(walk, usage.cached_input_tokens);
    if (key == "prompt_tokens_details" || key == "completion_tokens_details") {
      return each_member(walk, [&](std::string_view detail) {
        if (detail == "cached_tokens") return read_count(walk, usage.cached_input_tokens);
        if (detail == "cache_write_tokens") return read_count(walk, usage.cache_write_tokens);
        if (detail == "reasoning_tokens") return read_count(walk, usage.reasoning_tokens);
        walk.skip();
      });
    }
    if (key == "cost" && walk.kind() == Kind::number) {
      double usd = -1;
      if (walk.read_number(usd) && usd >= 0) cost_ = Cost{usd, CostOrigin::reported};
      return;
    }
    walk.skip();
  });
  merge_cumulative(usage_, usage);
}

void OpenAiDecoder::read_groq(JsonWalk& walk) {
  each_member(walk, [&](std::string_view key) {
    if (key == "usage") return read_usage(walk);
    if (key == "error") return note_error(walk);
    walk.skip();
  });
}

void OpenAiDecoder::note_error(JsonWalk& walk) {
  error_seen_ |= walk.kind() != Kind::null;
  walk.skip();
}

void OpenAiDecoder::apply(std::string_view json, std::vector<WireDelta>& out) {
  emit(TokenKind::reasoning, choice_.reasoning, out);
  emit(TokenKind::text, choice_.content, out);
  refusal_ += choice_.refusal;
  if (!choice_.finish_reason.empty()) finish_reason_ = choice_.finish_reason;
  if (error_seen_) failure_ = failure_in_stream(json);
}

void OpenAiDecoder::emit(TokenKind kind, std::string_view piece, std::vector<WireDelta>& out) {
  if (piece.empty()) return;
  WireDelta delta{kind, {}};
  (kind == TokenKind::text ? text_joiner_ : reasoning_joiner_).feed(piece, delta.text);
  if (delta.text.empty()) return;  // the beginning of a character, no more
  (kind == TokenKind::text ? any_text_ : any_reasoning_) = true;
  out.push_back(std::move(delta));
}

core::ChatEnd OpenAiDecoder::finish(std::optional<Error> broken, std::vector<WireDelta>& out) {
  if (const auto last = ended() ? std::nullopt : sse_.unfinished()) {
    // A last line that the end of the body cut in two is no JSON: that is truncation, not bad format.
    if (last->data == "[DONE]") {
      done_ = true;
    } else {
      take_chunk(last->data, "delta", out);
    }
  }
  WireDelta rest{TokenKind::reasoning, {}};
  reasoning_joiner_.finish(rest.text);
  if (!rest.text.empty()) out.push_back(rest);
  rest = WireDelta{TokenKind::text, {}};
  text_joiner_.finish(rest.text);
  if (!rest.text.empty()) {
    any_text_ = true;
    out.push_back(rest);
  }
  if (!usage_.total_tokens && usage_.prompt_tokens && usage_.completion_tokens) {
    usage_.total_tokens = *usage_.prompt_tokens + *usage_.completion_tokens;
  }
  auto error = verdict(std::move(broken));
  const bool cut_short = finish_reason_ == "length";
  return core::ChatEnd{!error.has_value(), finish_reason_, cut_short, usage_, cost_, std::move(error)};
}

std::optional<Error> OpenAiDecoder::verdict(std::optional<Error> broken) const {
  if (failure_) return failure_;
  if (const auto code = failure_of_finish(finish_reason_)) {
    return Error{*code, fmt::format("the provider ended the answer with \"{}\"", finish_reason_)};
  }
  if (!complete()) {
    if (broken) return broken;
    return Error{ErrorCode::truncated, "the answer ended before the provider said that it was whole"};
  }
  if (any_text_) return std::nullopt;
  if (!refusal_.empty()) return Error{ErrorCode::content_filter, "the model refused: " + refusal_};
  if (finish_reason_ == "length") {
    return Error{ErrorCode::truncated, "the model used up its tokens before it wrote any text",
                 "Allow more tokens for this step, or take a model that reasons less."};
  }
  return Error{ErrorCode::server, any_reasoning_ ? "the answer holds reasoning but no text"
                                                 : "the answer ended in order but holds no text"};
}

namespace {

class OpenAiDialect final : public Dialect {
 public:
  std::string path(const core::ChatRequest&) const override { return "/chat/completions"; }
  std::string body(const core::ChatRequest& request) const override { return openai_request_body(request); }
  std::string_view key_header() const override { return "Authorization: Bearer "; }
  std::unique_ptr<AnswerDecoder> decoder(std::size_t event_bytes_max) const override {
    return std::make_unique<OpenAiDecoder>(event_bytes_max);
  }
};

}  // namespace

const Dialect& dialect(DialectName) {
  static const OpenAiDialect openai;
  return openai;
}

}  // namespace plenum::wire
