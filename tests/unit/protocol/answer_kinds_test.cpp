// Kinds of answers that real servers and gateways send, each in all protocols: what is whole, what is an error, and
// what is ignored. Every row is decoded in one piece, byte by byte and split at every offset.
#include <doctest/doctest.h>

#include <functional>

#include "tests/unit/protocol/decoded.h"

using namespace plenum;
using namespace plenum::protocol;

namespace {

constexpr ProviderKind kinds[] = {ProviderKind::openai, ProviderKind::openrouter, ProviderKind::ollama,
                                  ProviderKind::anthropic, ProviderKind::gemini};

std::string data(const std::string& json) { return "data: " + json + "\n\n"; }

// The pieces of an answer as one protocol writes them. `bare`: the JSON without the event.
struct Dialect {
  ProviderKind kind;
  bool is_anthropic() const { return kind == ProviderKind::anthropic; }
  bool is_gemini() const { return kind == ProviderKind::gemini; }

  std::string choice(const std::string& members, const std::string& more = "") const {
    return R"({"choices":[{"index":0,)" + members + "}]" + more + "}";
  }
  std::string candidate(const std::string& members, const std::string& more = "") const {
    return R"({"candidates":[{"index":0,)" + members + "}]" + more + "}";
  }
  // A text with further members of the top level.
  std::string bare_text(const std::string& text, const std::string& more = "") const {
    if (is_anthropic()) {
      return R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" + text + "\"}" + more +
             "}";
    }
    if (is_gemini()) return candidate(R"("content":{"parts":[{"text":")" + text + R"("}]})", more);
    return choice(R"("delta":{"content":")" + text + R"("},"finish_reason":null)", more);
  }
  std::string text(const std::string& text, const std::string& more = "") const { return data(bare_text(text, more)); }

  std::string reasoning(const std::string& text) const {
    if (is_anthropic()) {
      return data(R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":")" + text + "\"}}");
    }
    if (is_gemini()) return data(candidate(R"("content":{"parts":[{"thought":true,"text":")" + text + R"("}]})"));
    return data(choice(R"("delta":{"reasoning":")" + text + "\"}"));
  }
  // The part of a list whose text is nested.
  std::string nested_reasoning(const std::string& text) const {
    const std::string parts = R"([{"type":"text","text":")" + text + "\"}]";
    if (is_anthropic()) {
      return data(R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":)" + parts + "}}");
    }
    if (is_gemini()) return data(candidate(R"("content":{"parts":[{"thought":true,"text":)" + parts + "}]}"));
    return data(choice(R"("delta":{"content":[{"type":"thinking","thinking":)" + parts + "}]}"));
  }
  std::string finish_with(const std::string& reason) const {
    if (is_anthropic())
      return data(R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"("},"usage":{}})");
    if (is_gemini()) return data(candidate(R"("finishReason":")" + reason + "\""));
    return data(choice(R"("delta":{},"finish_reason":")" + reason + "\""));
  }
  std::string stop_word() const { return is_anthropic() ? "end_turn" : is_gemini() ? "STOP" : "stop"; }
  std::string limit_word() const { return is_anthropic() ? "max_tokens" : is_gemini() ? "MAX_TOKENS" : "length"; }
  std::string finish() const { return finish_with(stop_word()); }
  // Nothing in Gemini's protocol: the finish reason is its only end.
  std::string end_mark() const {
    return is_anthropic() ? data(R"({"type":"message_stop"})") : is_gemini() ? finish() : data("[DONE]");
  }
  std::string usage(int prompt, int completion) const {
    const auto p = std::to_string(prompt), c = std::to_string(completion);
    if (is_anthropic()) {
      return data(R"({"type":"message_delta","delta":{},"usage":{"input_tokens":)" + p + R"(,"output_tokens":)" + c +
                  "}}");
    }
    if (is_gemini()) {
      return data(R"({"usageMetadata":{"promptTokenCount":)" + p + R"(,"candidatesTokenCount":)" + c + "}}");
    }
    return data(R"({"choices":[],"usage":{"prompt_tokens":)" + p + R"(,"completion_tokens":)" + c + "}}");
  }
  std::string tool_call() const {
    if (is_anthropic()) {
      return data(R"({"type":"content_block_start","content_block":{"type":"tool_use","name":"f","input":{}}})");
    }
    if (is_gemini()) return data(candidate(R"("content":{"parts":[{"functionCall":{"name":"f","args":{}}}]})"));
    return data(choice(R"("delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]})"));
  }
  // A complete message, as of a server that does not stream. `reason`: JSON.
  std::string whole(const std::string& text, const std::string& reason) const {
    if (is_anthropic()) {
      return R"({"type":"message","content":[{"type":"text","text":")" + text + R"("}],"stop_reason":)" + reason +
             R"(,"usage":{"input_tokens":3,"output_tokens":2}})";
    }
    if (is_gemini()) {
      return candidate(R"("content":{"parts":[{"text":")" + text + R"("}]},"finishReason":)" + reason,
                       R"(,"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2})");
    }
    return choice(R"("message":{"content":")" + text + R"("},"finish_reason":)" + reason,
                  R"(,"object":"chat.completion","usage":{"prompt_tokens":3,"completion_tokens":2})");
  }
  std::string whole(const std::string& text) const { return whole(text, "\"" + stop_word() + "\""); }
};

struct Expected {
  std::string text;
  std::string error{};    // its name; empty: the answer is whole
  std::string message{};  // a part of it
  std::string reasoning{};
  bool usage_known = false;
};

struct Row {
  std::string what;
  std::function<std::string(const Dialect&)> bytes;
  Expected expected;
  std::function<bool(const Dialect&)> applies = [](const Dialect&) { return true; };
};

bool is_openai_family(const Dialect& d) { return !d.is_anthropic() && !d.is_gemini(); }

const char* const error_json = R"({"error":{"code":503,"message":"it fell over","type":"overloaded_error"}})";
const char* const error_value = R"({"code":503,"message":"it fell over","type":"overloaded_error"})";

std::vector<Row> whole_rows() {
  return {
      {"text, finish reason, end mark",
       [](auto& d) { return d.text("Hel") + d.text("lo") + d.finish() + d.end_mark(); },
       {"Hello"}},
      {"a finish reason without an end mark", [](auto& d) { return d.text("Hello") + d.finish(); }, {"Hello"}},
      {"an end mark without a finish reason", [](auto& d) { return d.text("Hello") + d.end_mark(); }, {"Hello"}},
      {"an end mark with blanks",
       [](auto& d) { return d.text("Hello") + data("[DONE] "); },
       {"Hello"},
       is_openai_family},
      {"neither", [](auto& d) { return d.text("Hello"); }, {"Hello", "truncated"}},
      {"text after a finish reason, then the end of the body",
       [](auto& d) { return d.text("Hel") + d.finish() + d.text("lo"); },
       {"Hello", "truncated"}},
      {"text after a finish reason, then an end mark",
       [](auto& d) { return d.text("Hel") + d.finish() + d.text("lo") + d.end_mark(); },
       {"Hello"}},
      {"text after a finish reason, then another one",
       [](auto& d) { return d.text("Hel") + d.finish() + d.text("lo") + d.finish(); },
       {"Hello"}},
      {"a finish reason before any text, then text",
       [](auto& d) { return d.finish() + d.text("Hello"); },
       {"Hello", "truncated"}},
      {"reasoning after a finish reason",
       [](auto& d) { return d.text("Hello") + d.finish() + d.reasoning("hm"); },
       {"Hello", "truncated", "", "hm"}},
      {"a tool call after a finish reason",
       [](auto& d) { return d.text("Hello") + d.finish() + d.tool_call(); },
       {"Hello", "truncated"}},
      {"blanks after a finish reason",
       [](auto& d) { return d.text("Hello") + d.finish() + d.text(R"(\n)"); },
       {"Hello\n"}},
      {"the word null as finish reason",
       [](auto& d) { return d.text("Hello") + d.finish_with("null"); },
       {"Hello", "truncated"}},
      {"the word null, then a finish reason",
       [](auto& d) { return d.text("Hello") + d.finish_with("null") + d.finish() + d.end_mark(); },
       {"Hello"}},
      {"an empty finish reason", [](auto& d) { return d.text("Hello") + d.finish_with(""); }, {"Hello", "truncated"}},
      {"a complete message", [](auto& d) { return d.whole("Hello"); }, {"Hello", "", "", "", true}},
      {"a complete message on several lines",
       [](auto& d) {
         std::string json = d.whole("Hello");
         for (auto at = json.find(','); at != json.npos; at = json.find(',', at + 2)) json.insert(at + 1, "\n");
         return "\n" + json + "\n";
       },
       {"Hello", "", "", "", true}},
      {"a complete message, then an end mark",
       [](auto& d) { return d.whole("Hello") + "\n\n" + d.end_mark(); },
       {"Hello", "", "", "", true}},
      {"a complete message as an event", [](auto& d) { return data(d.whole("Hello")); }, {"Hello", "", "", "", true}},
      {"complete messages as events, one per piece",
       [](auto& d) { return data(d.whole("Hel", "null")) + data(d.whole("lo")); },
       {"Hello", "", "", "", true}},
      {"a complete message in a list",
       [](auto& d) { return "[" + d.whole("Hello") + "]"; },
       {"Hello", "", "", "", true}},
      {"a list of pieces, one after the other",
       [](auto& d) { return "[" + d.bare_text("Hel") + "\n,\r\n" + d.bare_text("lo") + ",\n" + d.whole("") + "]\n"; },
       {"Hello", "", "", "", true},
       [](auto& d) { return !is_openai_family(d); }},
      {"a truncated complete message",
       [](auto& d) { return d.whole("Hello").substr(0, d.whole("Hello").size() - 1); },
       {"", "truncated"}},
      {"a message repeated beside each delta",
       [](auto& d) {
         return data(d.choice(R"("message":{"content":"Hel"},"delta":{"content":"Hel"})")) +
                data(d.choice(R"("delta":{"content":"lo"},"message":{"content":"Hello"})")) +
                data(d.choice(R"("delta":{"content":""},"message":{"content":"Hello"},"finish_reason":"stop")"));
       },
       {"Hello"},
       is_openai_family},
      {"JSON texts joined in one event by single line ends",
       [](auto& d) {
         auto joined = d.text("Hel") + d.text("lo") + d.finish() + data("[DONE]");
         for (auto at = joined.find("\n\n"); at + 2 < joined.size(); at = joined.find("\n\n", at)) joined.erase(at, 1);
         return joined;
       },
       {"Hello"}},
  };
}

std::vector<Row> ignored_rows() {
  std::vector<Row> rows = {
      {"an empty event", [](auto& d) { return d.text("Hel") + "data:\n\n" + d.text("lo") + d.finish(); }, {"Hello"}},
      {"an empty event with a blank",
       [](auto& d) { return d.text("Hel") + "data: \n\n" + d.text("lo") + d.finish(); },
       {"Hello"}},
      {"a data field without a colon",
       [](auto& d) { return d.text("Hel") + "data\n\n" + d.text("lo") + d.finish(); },
       {"Hello"}},
      {"an empty event at the end",
       [](auto& d) { return d.text("Hello") + d.finish() + "data:\n\n" + d.end_mark(); },
       {"Hello"}},
      {"an unreadable line in the middle",
       [](auto& d) { return d.text("Hel") + data("oops") + d.text("lo") + d.finish(); },
       {"Hel", "malformed", "oops"}},
      {"an unreadable line behind a finish reason, then more text",
       [](auto& d) { return d.text("Hel") + d.finish() + data("oops") + d.text("lo") + d.finish(); },
       {"Hel", "malformed", "oops"}},
      {"a line of another format",
       [](auto& d) { return d.text("Hel") + "<!-- proxy -->\n" + d.text("lo") + d.finish(); },
       {"Hello"}},
      {"a line of another format, then only [DONE]",
       [](auto& d) { return d.text("Hel") + "upstream closed\n" + data("[DONE]"); },
       {"Hel", "truncated"}},
      {"nested reasoning",
       [](auto& d) { return d.nested_reasoning("let me ") + d.nested_reasoning("see") + d.text("Hello") + d.finish(); },
       {"Hello", "", "", "let me see"}},
      {"reasoning details alone",
       [](auto& d) {
         return data(d.choice(R"("delta":{"reasoning_details":[{"type":"reasoning.text","text":"hm"}]})")) +
                d.text("Hello") + d.finish();
       },
       {"Hello", "", "", "hm"},
       is_openai_family},
      {"reasoning details beside the same reasoning",
       [](auto& d) {
         const std::string details = R"("reasoning_details":[{"type":"reasoning.summary","summary":"hm"}])";
         return data(d.choice(R"("delta":{"reasoning":"hm",)" + details + "}")) +
                data(d.choice(R"("delta":{)" + details + "}")) + d.text("Hello") + d.finish();
       },
       {"Hello", "", "", "hm"},
       is_openai_family},
  };
  for (const char* garbage : {"[DONE] ", "DONE", "{'usage': {'prompt_tokens': 3}}", R"({"usage":{"x":Infinity}})"}) {
    rows.push_back({garbage,
                    [garbage](auto& d) { return d.text("Hello") + d.finish() + data(garbage) + d.end_mark(); },
                    {"Hello"}});
  }
  rows.push_back({"[DONE] glued to the finish reason",
                  [](auto& d) {
                    const auto finish = d.finish();
                    return d.text("Hello") + finish.substr(0, finish.size() - 1) + data("[DONE]");
                  },
                  {"Hello"}});
  for (const char* nothing : {"null", "{}", "\"\"", "false", "0", "[]", R"({"code":0,"message":""})"}) {
    const std::string member = std::string(R"(,"error":)") + nothing;
    rows.push_back(
        {nothing, [member](auto& d) { return d.text("Hel", member) + d.text("lo", member) + d.finish(); }, {"Hello"}});
    rows.push_back({nothing,
                    [member](auto& d) {
                      const auto inner = d.is_gemini()
                                             ? d.candidate(R"("content":{"parts":[{"text":"Hello"}]})" + member)
                                             : d.choice(R"("delta":{"content":"Hello"})" + member);
                      return data(inner) + d.finish();
                    },
                    {"Hello"},
                    [](auto& d) { return !d.is_anthropic(); }});
  }
  return rows;
}

std::vector<Row> error_rows() {
  const std::string json = error_json, value = error_value;
  const std::string forms[] = {"error: " + value + "\n\n",     json + "\n\n", "event: error\n" + data(json),
                               "event: error\n" + data(value), data(json),    "[" + json + "]\n"};
  std::vector<Row> rows;
  for (const auto& form : forms) {
    const auto& what = form;
    const Expected partial{"Half", "overloaded", "it fell over"}, alone{"", "overloaded", "it fell over"};
    rows.push_back({what, [form](auto& d) { return d.text("Half") + form + d.end_mark(); }, partial});
    rows.push_back({what, [form](auto& d) { return d.text("Half") + form; }, partial});
    rows.push_back({what, [form](auto& d) { return form + d.end_mark(); }, alone});
    rows.push_back({what, [form](auto&) { return form; }, alone});
    rows.push_back({what, [form](auto& d) { return d.text("Half") + d.finish() + form + d.end_mark(); }, partial});
  }
  const std::string after_text = "\n" + json + "\n";
  rows.push_back({"an error line directly after a data line",
                  [after_text](auto& d) { return "data: " + d.bare_text("Half") + after_text + d.end_mark(); },
                  {"Half", "overloaded", "it fell over"}});
  rows.push_back({"an error in a choice",
                  [json](auto& d) {
                    const std::string member = json.substr(1, json.size() - 2);
                    return d.text("Half") + data(d.is_gemini() ? d.candidate(member) : d.choice(member)) + d.end_mark();
                  },
                  {"Half", "overloaded", "it fell over"},
                  [](auto& d) { return !d.is_anthropic(); }});
  rows.push_back({"an error event of plain text",
                  [](auto& d) { return d.text("Half") + "event: error\n" + data("out of memory") + d.end_mark(); },
                  {"Half", "server", "out of memory"}});
  rows.push_back({"an error line of plain text",
                  [](auto& d) { return d.text("Half") + "error: out of memory\n\n" + d.end_mark(); },
                  {"Half", "server", "out of memory"}});
  rows.push_back(
      {"a page", [](auto&) { return "\n<!DOCTYPE html><html>Bad gateway</html>"; }, {"", "malformed", "HTML"}});
  rows.push_back(
      {"plain text", [](auto&) { return "no healthy upstream\n"; }, {"", "malformed", "no healthy upstream"}});
  rows.push_back({"nothing", [](auto&) { return ""; }, {"", "truncated"}});
  return rows;
}

std::vector<Row> figure_rows() {
  return {
      {"usage at the end",
       [](auto& d) { return d.text("Hello") + d.finish() + d.usage(7, 5) + d.end_mark(); },
       {"Hello", "", "", "", true}},
      {"usage before the end of a truncated answer",
       [](auto& d) { return d.usage(7, 5) + d.text("Hello") + d.usage(7, 6); },
       {"Hello", "truncated"}},
      {"usage before an error",
       [](auto& d) { return d.usage(7, 5) + d.text("Half") + data(error_json); },
       {"Half", "overloaded", "it fell over"}},
      {"usage after a finish reason, then an error",
       [](auto& d) { return d.text("Hello") + d.finish() + d.usage(7, 5) + data(error_json); },
       {"Hello", "overloaded", "it fell over", "", true}},
      {"usage after a finish reason that text withdraws",
       [](auto& d) { return d.text("Hel") + d.finish() + d.usage(7, 5) + d.text("lo"); },
       {"Hello", "truncated"}},
      {"a tool call instead of text",
       [](auto& d) { return d.tool_call() + d.finish() + d.usage(7, 5); },
       {"", "no_usable_answer", "called a tool", "", true}},
      {"no text", [](auto& d) { return d.finish() + d.usage(7, 5); }, {"", "server", "is empty", "", true}},
      {"the token limit before any text",
       [](auto& d) { return d.reasoning("hm") + d.finish_with(d.limit_word()); },
       {"", "truncated", "token limit", "hm"}},
  };
}

void check(const Row& row, const Dialect& dialect, const Decoded& decoded) {
  const auto& expected = row.expected;
  CHECK(decoded.text() == expected.text);
  CHECK(decoded.text(TokenKind::reasoning) == expected.reasoning);
  CHECK(std::string(decoded.end.error ? decoded.end.error->name() : "") == expected.error);
  CHECK(decoded.end.ok == expected.error.empty());
  if (decoded.end.error) CHECK(decoded.end.error->message.find(expected.message) != std::string::npos);
  CHECK(decoded.end.usage.known() == expected.usage_known);
  (void)dialect;
}

bool same(const Decoded& a, const Decoded& b) {
  const auto message_of = [](const Decoded& decoded) { return decoded.end.error ? decoded.end.error->message : ""; };
  return a.deltas == b.deltas && a.end.ok == b.end.ok && a.end.finish_reason == b.end.finish_reason &&
         a.end.usage == b.end.usage && a.end.orderly == b.end.orderly && message_of(a) == message_of(b);
}

void check_all(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    for (const auto kind : kinds) {
      const Dialect dialect{kind};
      if (!row.applies(dialect)) continue;
      const auto bytes = row.bytes(dialect);
      CAPTURE(row.what);
      CAPTURE(bytes);
      const std::string_view all(bytes);
      const auto decoded = decode(kind, all);
      check(row, dialect, decoded);
      std::vector<std::string_view> single;
      for (std::size_t i = 0; i < all.size(); ++i) single.push_back(all.substr(i, 1));
      CHECK(same(decode(kind, single), decoded));
      for (std::size_t cut = 1; cut < all.size(); ++cut) {
        CAPTURE(cut);
        if (!same(decode(kind, {all.substr(0, cut), all.substr(cut)}), decoded)) FAIL_CHECK("the result differs");
      }
    }
  }
}

}  // namespace

TEST_CASE("an answer is whole if its finish reason or end mark is the last event with a meaning, in all protocols") {
  check_all(whole_rows());
}

TEST_CASE("empty events, empty errors and anything unreadable behind a finish reason do not lose an answer") {
  check_all(ignored_rows());
}

TEST_CASE("an error in any form has the words of the provider, and is never part of a whole answer") {
  check_all(error_rows());
}

TEST_CASE("usage is that of the end of an answer; before it, usage is unknown") { check_all(figure_rows()); }

TEST_CASE("a broken connection matters only if the answer is not whole, in all protocols") {
  const Error reset{ErrorCode::transport, "reset"};
  for (const auto kind : kinds) {
    const Dialect d{kind};
    CHECK(decode(kind, {d.text("Hello"), d.finish()}, reset).end.ok);
    CHECK(decode(kind, {d.text("Hel"), d.finish(), d.text("lo")}, reset).error() == ErrorCode::transport);
    CHECK(decode(kind, {d.whole("Hello")}, reset).end.ok);
    CHECK(decode(kind, {d.text("Half"), "error: {\"message\":\"why\"}\n"}, reset).error() == ErrorCode::server);
  }
}

TEST_CASE("the words of other vendors for the end of an answer have their meaning in all protocols") {
  for (const auto kind : kinds) {
    const Dialect d{kind};
    const auto end = [&](const std::string& word) { return decode(kind, d.text("x") + d.finish_with(word)).end; };
    for (const auto* word : {"stop", "end_turn", "STOP", "eos", "COMPLETE"}) {
      CAPTURE(word);
      CHECK(end(word).ok);
      CHECK(end(word).orderly);
      CHECK_FALSE(end(word).cut_short);
      CHECK_FALSE(end(word).warning);
    }
    for (const auto* word : {"length", "max_tokens", "MAX_TOKENS", "model_length"}) CHECK(end(word).cut_short);
    for (const auto* word : {"content_filter", "SAFETY", "refusal"}) {
      CHECK(end(word).error->code == ErrorCode::content_filter);
      CHECK_FALSE(end(word).orderly);
    }
    CHECK(end("abort").error->code == ErrorCode::server);
    CHECK(end("insufficient_system_resource").error->code == ErrorCode::overloaded);
  }
}

TEST_CASE("an unknown finish reason keeps the text and warns with the word of the provider, in all protocols") {
  for (const auto kind : kinds) {
    const Dialect d{kind};
    const auto end = decode(kind, d.text("x") + d.finish_with("budget_gone") + d.end_mark()).end;
    CHECK(end.ok);
    CHECK_FALSE(end.cut_short);
    if (d.is_gemini()) continue;  // its end mark is another finish reason
    REQUIRE(end.warning);
    CHECK(end.warning->code == ErrorCode::truncated);
    CHECK(end.warning->message.find("\"budget_gone\"") != std::string::npos);
  }
  const Dialect gemini{ProviderKind::gemini};
  CHECK(decode(gemini.kind, gemini.text("x") + gemini.finish_with("SOMETHING_NEW")).end.warning);
  CHECK(decode(gemini.kind, gemini.finish_with("SOMETHING_NEW")).error() == ErrorCode::server);
}

TEST_CASE("an answer that ended in order is no evidence about the health of its provider, whatever it lacks") {
  for (const auto kind : kinds) {
    const Dialect d{kind};
    CHECK(decode(kind, d.finish()).end.orderly);
    CHECK(decode(kind, d.tool_call() + d.finish()).end.orderly);
    CHECK(decode(kind, d.reasoning("hm") + d.finish()).end.orderly);
    CHECK_FALSE(decode(kind, d.text("x")).end.orderly);
    CHECK_FALSE(decode(kind, d.text("x") + d.finish() + data(error_json)).end.orderly);
  }
}

TEST_CASE("an error quotes the start of what cannot be read") {
  for (const auto kind : kinds) {
    const auto decoded = decode(kind, data("oops " + std::string(100'000, 'x')));
    CHECK(decoded.error() == ErrorCode::malformed);
    CHECK(decoded.end.error->message.size() < 300);
  }
}

TEST_CASE("many JSON texts in one event are read without recursion") {
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "{}\n";
  for (const auto kind : kinds) {
    const Dialect d{kind};
    std::string event;
    for (int i = 0; i < 20'000; ++i) event += "data: {}\n";
    CHECK(decode(kind, d.text("Hello") + event + "\n" + d.finish()).text() == "Hello");
    CHECK(decode(kind, d.text("Hello") + lines + d.finish()).end.ok);
  }
}
