#include "common/json/json.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/json/canonical_json.h"
#include "common/json/json_access.h"
#include "common/json/json_writer.h"

using namespace plenum;

namespace {

std::string fault_of(std::string_view text, JsonLimits limits = {}) {
  const auto json = parse_json(text, limits);
  REQUIRE_FALSE(json);
  CHECK(json.error().code == ErrorCode::malformed);
  return json.error().message;
}

bool contains(const std::string& message, std::string_view part) { return message.find(part) != std::string::npos; }

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

}  // namespace

TEST_CASE("JSON is parsed with its fields in the order of the text") {
  const auto json = parse_json(R"( {"z":1,"a":[true,null,-2,1.5,"\u00fc\ud83c\udfdb"],"m":{"y":{},"b":[]}} )");
  REQUIRE(json);
  CHECK(dump_json(*json) == "{\"z\":1,\"a\":[true,null,-2,1.5,\"\u00FC\U0001F3DB\"],\"m\":{\"y\":{},\"b\":[]}}");
  CHECK(dump_json(*parse_json("7")) == "7");
}

TEST_CASE("invalid JSON is rejected with the byte of the error") {
  CHECK(contains(fault_of(""), "at byte 1:"));
  CHECK(contains(fault_of("{\"a\":}"), "at byte 6:"));
  CHECK(contains(fault_of("[1,2"), "at byte 5:"));
  CHECK(contains(fault_of("{} x"), "at byte 4:"));
  CHECK(contains(fault_of(std::string_view("{}\0{}", 5)), "at byte 3:"));  // the library alone would stop here
  for (const char* text : {"{a:1}",     "[1,]",     "{\"a\":1,}", "01",          "+1",      ".5",     "1.",
                           "NaN",       "Infinity", "'a'",        "\"\t\"",      "\"\\x\"", "tru",    "[1 2]",
                           "{\"a\" 1}", "// c\n1",  "\"\xC3\"",   "\"\\ud800\"", "1e400",   "-1e400", "\xEF\xBB"}) {
    CAPTURE(text);
    fault_of(text);
  }
}

TEST_CASE("a parse error never contains the text") {
  CHECK_FALSE(contains(fault_of(R"({"key":"sk-secret" oops})"), "secret"));
  CHECK_FALSE(contains(fault_of(R"({"key":sk-secret})"), "sk"));
}

TEST_CASE("nesting past the limit is rejected") {
  CHECK(parse_json(nested(64)));
  CHECK(contains(fault_of(nested(65)), "deeper than 64 levels"));
  CHECK(contains(fault_of(nested(65)), "at byte 65:"));
  CHECK(parse_json(nested(65), {.depth_max = 65}));
  fault_of(std::string(1'000'000, '['));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(contains(fault_of(objects), "deeper"));
}

TEST_CASE("of two members with one key the last one remains, or the text is rejected") {
  CHECK(dump_json(*parse_json(R"({"a":1,"b":2,"a":{"x":1,"x":3},"b":4})")) == R"({"a":{"x":3},"b":4})");
  CHECK(contains(fault_of(R"({"a":1,"b":[{"c":1,"c":1}]})", {.reject_duplicate_keys = true}),
                 "at byte 25: duplicate key"));
  CHECK(parse_json(R"({"a":1,"b":[{"c":1},{"c":1}]})", {.reject_duplicate_keys = true}));
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  many.back() = '}';
  const auto json = parse_json(many);
  REQUIRE(json);
  CHECK(json->size() == 50);
  CHECK(number_at(*json, "k7") == 57);
  fault_of(many, {.reject_duplicate_keys = true});
}

TEST_CASE("the time for an object of 100,000 keys is not quadratic") {
  // The library's own builder compares each key with all previous ones: a minute for this body of 1 MiB.
  std::string body = "{";
  for (int i = 0; i < 100'000; ++i) body += "\"" + std::to_string(i) + "\":1,";
  body.back() = '}';
  const auto start = std::chrono::steady_clock::now();
  CHECK(parse_json(body, {.reject_duplicate_keys = true}));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
}

TEST_CASE("dumping replaces ill-formed UTF-8 instead of throwing") { CHECK(dump_json(Json("a\xFF")) == "\"a\uFFFD\""); }

TEST_CASE("every text becomes a JSON string on one line that parses to that text") {
  std::string all;
  for (int c = 0; c < 128; ++c) all.push_back(static_cast<char>(c));
  all += "gr\u00FC\u00DFe \u2028\u2029 \U0001F3DB";
  for (std::size_t start = 0; start < all.size(); ++start) {
    const std::string text = repaired_utf8(std::string_view(all).substr(start));
    std::string written;
    append_json_string(written, text);
    CHECK(written.find_first_of("\r\n") == std::string::npos);
    const auto json = parse_json(written);
    REQUIRE(json);
    CHECK(json->get<std::string>() == text);
  }
}

namespace {

// Python's str.splitlines(): every character that ends a line there.
constexpr std::string_view python_line_ends[] = {"\n",   "\r",   "\v",       "\f",     "\x1C",
                                                 "\x1D", "\x1E", "\xC2\x85", "\u2028", "\u2029"};

bool is_one_python_line(std::string_view text) {
  return std::none_of(std::begin(python_line_ends), std::end(python_line_ends),
                      [text](std::string_view end) { return text.find(end) != std::string_view::npos; });
}

}  // namespace

TEST_CASE("a text with any line end of Python's splitlines is one line of JSON and decodes to the same text") {
  std::string all = "a";
  for (const auto end : python_line_ends) all.append(end).append("b");
  const std::string texts[] = {all, "\u2028", "\xC2\x85", "\u2029\u2029", "x\u2027\u202A\xC2\x84\xC2\x86\u20A8"};
  for (const std::string& text : texts) {
    std::string appended;
    append_json_string(appended, text);
    const std::string dumped = dump_json(Json{{"k", text}, {"l", Json::array({text})}});
    CHECK(is_one_python_line(appended));
    CHECK(is_one_python_line(dumped));
    CHECK(parse_json(appended)->get<std::string>() == text);
    CHECK(parse_json(dumped)->at("k").get<std::string>() == text);
    CHECK(parse_json(dumped)->at("l").at(0).get<std::string>() == text);
  }
  std::string written;
  append_json_string(written, "a\u2028\xC2\x85\u2029");
  CHECK(written == R"("a\u2028\u0085\u2029")");
  CHECK(dump_json(Json("a\u2028\xC2\x85\u2029")) == written);
}

TEST_CASE("any two or three bytes outside ASCII are encoded like their repaired text") {
  std::size_t wrong = 0;
  for (int lead = 0xC0; lead <= 0xFF; ++lead) {
    for (int second = 0x20; second <= 0xFF; ++second) {
      for (const int third : {0x20, 0x7F, 0x80, 0x85, 0xA7, 0xA8, 0xA9, 0xAA, 0xBF, 0xC0, 0xFF}) {
        for (const std::size_t size : {2, 3, 4}) {
          const std::string text =
              std::string{static_cast<char>(lead), static_cast<char>(second), static_cast<char>(third), 'x'}.substr(
                  0, size);
          std::string written;
          append_json_string(written, text);
          const auto json = parse_json(written);
          wrong += !json || json->get<std::string>() != repaired_utf8(text) || !is_one_python_line(written);
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("characters next to the line separators are not escaped") {
  const std::string text = "\u2027\u202A\xC2\x84\xC2\x86\u2013\u00A0";
  std::string written;
  append_json_string(written, text);
  CHECK(written == '"' + text + '"');
  CHECK(dump_json(Json(text)) == written);
}

TEST_CASE("ill-formed text around a separator is repaired and the separator escaped") {
  std::string written;
  append_json_string(written, "\xE2\x80\u2028\xC2\u0041\xE2\x80");
  CHECK(written == "\"\uFFFD\\u2028\uFFFDA\uFFFD\"");
}

TEST_CASE("each special byte is escaped at every position of a machine word") {
  for (std::size_t at = 0; at < 24; ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text(24, 'x');
      text[at] = static_cast<char>(c);
      std::string written;
      append_json_string(written, text);
      const auto json = parse_json(written);
      REQUIRE(json);
      REQUIRE(json->get<std::string>() == repaired_utf8(text));
    }
  }
}

TEST_CASE("ill-formed text is repaired during encoding") {
  std::string written;
  append_json_string(written, "a\xE1\x80\"\xFF\xF0\x9F");
  CHECK(written == "\"a\uFFFD\\\"\uFFFD\uFFFD\"");
}

TEST_CASE("fields are separated by commas") {
  std::string out = "{";
  JsonFields(out)
      .text_if("none", "")
      .text("text", "a\"b")
      .number("number", -9'223'372'036'854'775'807 - 1)
      .flag("flag", false)
      .fragment("")
      .fragment("\"x\":1,\"y\":2")
      .raw("raw", "[]")
      .texts("texts", {"a", "\n"})
      .texts("no_texts", {});
  CHECK(out ==
        "{\"text\":\"a\\\"b\",\"number\":-9223372036854775808,\"flag\":false,\"x\":1,\"y\":2,\"raw\":[],"
        "\"texts\":[\"a\",\"\\n\"],\"no_texts\":[]");
}

TEST_CASE("a number has the shortest exact text, and is always valid JSON") {
  std::string out;
  JsonFields(out).real("a", 0.1).real("b", 1e-7).real("c", 1e300).real("d", 1.0 / 0.0).real("e", -0.25);
  CHECK(out == "\"a\":0.1,\"b\":1e-07,\"c\":1e+300,\"d\":null,\"e\":-0.25");
}

TEST_CASE("a pointer escapes any member name") {
  CHECK(pointer_to("", "task") == "/task");
  CHECK(pointer_to("/options", "ro/und~s") == "/options/ro~1und~0s");
  CHECK(pointer_to("/members", "0") == "/members/0");
}

TEST_CASE("only whole numbers are read as such") {
  CHECK(whole_number(*parse_json("3.0")) == 3);
  CHECK(whole_number(*parse_json("-4e2")) == -400);
  CHECK(whole_number(*parse_json("9223372036854775807")) == 9'223'372'036'854'775'807);
  for (const char* text : {"3.5", "9223372036854775808", "1e300", "\"3\"", "true", "null", "[3]"}) {
    CAPTURE(text);
    CHECK_FALSE(whole_number(*parse_json(text)));
  }
}

TEST_CASE("a canonical value has its fields sorted at every depth, and its lists as they are") {
  const auto sorted = [](std::string_view text) { return dump_json(canonical(*parse_json(text))); };
  CHECK(sorted(R"({"b":1,"a":[{"y":2,"x":[3,1]},null]})") == R"({"a":[{"x":[3,1],"y":2},null],"b":1})");
  CHECK(sorted("{}") == "{}");
  CHECK(sorted("[]") == "[]");
  CHECK(sorted("\"text\"") == "\"text\"");
}
