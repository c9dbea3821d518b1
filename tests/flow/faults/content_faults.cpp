#include "tests/flow/faults/fault_cases.h"

namespace plenum::tests {

namespace {

constexpr milliseconds at_once{0};
constexpr milliseconds bulk{400};  // time to transfer megabytes

Script begun(Vendor vendor) { return Script::stream(Framing::until_close, vendor).words({"Half", " an"}); }

// A gzip stream of one block with the fixed Huffman codes (RFC 1951, 3.2.6), ASCII only. Its checksum is
// omitted: no run should get there.
std::string gzipped(std::string_view body) {
  std::string bytes("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  unsigned held = 0, count = 0;
  auto put = [&](unsigned bit) {
    held |= bit << count;
    if (++count < 8) return;
    bytes += static_cast<char>(held);
    held = count = 0;
  };
  for (unsigned bit : {1u, 1u, 0u}) put(bit);  // the last block; fixed codes
  for (char c : body) {
    const unsigned code = 0x30u + static_cast<unsigned char>(c);
    for (int i = 7; i >= 0; --i) put(code >> i & 1u);
  }
  for (int i = 0; i < 15; ++i) put(0);  // end of block, and whole bytes
  return bytes.append(8, '\0');
}

Script zipped(Vendor vendor) {
  return Script::answer(200, gzipped(opening(vendor) + text_chunk(vendor, "zipped") + closing(vendor)),
                        "text/event-stream", {{"Content-Encoding", "gzip"}});
}

Script many_headers(Vendor vendor) {
  Headers headers;
  for (int i = 0; i < 100'000; ++i) headers.emplace_back("X-Filler-" + std::to_string(i), "v");
  return Script::answer(200, opening(vendor) + text_chunk(vendor, "late") + closing(vendor), "text/event-stream",
                        std::move(headers));
}

// Not UTF-8, a code point cut between two events, and half a surrogate pair.
Script bad_unicode(Vendor vendor) {
  const std::string split = text_chunk(vendor, "\xe2\x82\xac");
  const std::size_t middle = split.find("\xe2\x82\xac") + 1;
  return Script::stream(Framing::chunked, vendor)
      .words({"Well "})
      .send(raw_text_chunk(vendor, "\"\xff\xfe\""))
      .send(split.substr(0, middle))
      .send(split.substr(middle))
      .send(raw_text_chunk(vendor, R"("\ud83d")"))
      .send(raw_text_chunk(vendor, R"("\ude00\udc00")"))
      .words({" done"})
      .finish();
}

std::string with_cr_only(std::string text) {
  for (char& c : text) c = c == '\n' ? '\r' : c;
  return text;
}

Script control_bytes(Vendor vendor) {
  const std::string body = opening(vendor) + text_chunk(vendor, "Well ") +
                           raw_text_chunk(vendor, R"("\u0000\u001b[31m")") + text_chunk(vendor, "done") +
                           closing(vendor);
  return Script::answer(200, "\xef\xbb\xbf" + with_cr_only(body), "text/event-stream");
}

Script noisy(Vendor vendor) {
  const std::string chunk = text_chunk(vendor, "Well ");
  Script script = Script::stream(Framing::chunked, vendor);
  script.send(": keep-alive\n\n: keep-alive\r\n\r\n").send(usage_chunk(vendor, 3, 1));
  script.send(named_event("ping", R"({"type":"ping"})"));
  script.send(chunk).send(named_event("brand_new", R"({"type":"brand_new","deep":[1,{"a":null}]})"));
  script.send(opening(vendor)).send("retry: 5\nid: 7\n\n");
  return script.words({"done"}).send(": end\n\n").finish();
}

Script no_usage(Vendor vendor) {
  return Script::stream(Framing::chunked, vendor)
      .words({"Well ", "done"})
      .send(finish_chunk(vendor, normal_finish(vendor)))
      .send(end_marker(vendor));
}

Script two_choices(Vendor vendor) {
  Script script = Script::stream(Framing::chunked, vendor);
  script.words({"Well "});
  if (vendor == Vendor::openai) {
    script.send(
        data_line(R"({"choices":[{"index":1,"delta":{"content":"other"}},{"index":0,"delta":{"content":"done"}}]})"));
  } else if (vendor == Vendor::gemini) {
    script.send(data_line(
        R"({"candidates":[{"index":1,"content":{"parts":[{"text":"other"}]}},{"index":0,"content":{"parts":[{"text":"done"}]}}]})"));
  } else {
    script.words({"done"});  // there is no second answer in this dialect
  }
  return script.finish();
}

Script tool_call(Vendor vendor) {
  Script script = Script::stream(Framing::until_close, vendor);
  if (vendor == Vendor::openai) {
    script.send(data_line(
        R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]})"));
    script.finish(7, 5, "tool_calls");
  } else if (vendor == Vendor::anthropic) {
    script.send(named_event(
        "content_block_start",
        R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})"));
    script.finish(7, 5, "tool_use");
  } else {
    script.send(
        data_line(R"({"candidates":[{"index":0,"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]})"));
    script.finish();
  }
  return script;
}

Script refusal(Vendor vendor) {
  constexpr std::string_view words[] = {"content_filter", "refusal", "SAFETY"};
  return begun(vendor).finish(7, 5, words[static_cast<int>(vendor)]);
}

}  // namespace

std::vector<Fault> content_faults() {
  static const std::string long_line(10'000'000, 'x');
  static const std::string piece(256 * 1024, 'x');
  static const std::string deep(100'000, '[');
  static const std::string tokens(64 * 1024, 'y');
  return {
      {"U13", "invalid UTF-8 and lone surrogates", bad_unicode, "", "Well ", at_once},
      {"U14", "BOM, CR-only lines, NUL, ESC", control_bytes, "", "Well ", at_once},
      {"U15", "10 MB data line", [](Vendor v) { return begun(v).send("data: {\"a\":\"" + long_line + "\"}\n\n"); },
       "malformed", "Half an", bulk},
      {"U16", "endless line", [](Vendor v) { return begun(v).send("data: {\"a\":\"").repeat(piece); }, "malformed",
       "Half an", bulk},
      {"U17", "endless tokens", [](Vendor v) { return begun(v).repeat(text_chunk(v, tokens)); }, "stream_limit",
       "Half anyyyy", step_bound},
      {"U18", "gzip although not requested", zipped, "malformed", "", at_once},
      {"U19", "100,000 headers", many_headers, "malformed", "", bulk},
      {"U20", "comments, pings, unknown and repeated events", noisy, "", "Well done", at_once},
      {"U22", "the name server never answers", [](Vendor) { return Script::silence(); }, "timeout", "", connect_bound,
       true, "provider.stall.test"},
      {"U23", "JSON 100,000 deep", [](Vendor v) { return begun(v).send(data_line(R"({"a":)" + deep)); }, "malformed",
       "Half an", at_once},
      {"U24a", "usage before text",
       [](Vendor v) {
         return Script::stream(Framing::chunked, v).send(usage_chunk(v, 7, 0)).words({"Well ", "done"}).finish();
       },
       "", "Well done", at_once},
      {"U24b", "no usage", no_usage, "", "Well done", at_once},
      {"U25a", "two choices", two_choices, "", "Well done", at_once},
      {"U25b", "tool calls and no text", tool_call, "no_usable_answer", "", at_once},
      {"U25c", "refusal", refusal, "content_filter", "Half an", at_once},
      {"U25d", "empty answer", [](Vendor v) { return Script::stream(Framing::until_close, v).finish(); }, "server", "",
       at_once, true},
  };
}

}  // namespace plenum::tests
