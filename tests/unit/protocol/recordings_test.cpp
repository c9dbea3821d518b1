// Recorded responses of every protocol: NAME.sse is the response, NAME.json the expected result, and NAME.whole, if
// present, the same answer from a server that does not stream.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/json/json.h"
#include "common/protocol/task_result.h"
#include "tests/unit/protocol/decoded.h"

using namespace plenum;
using namespace plenum::protocol;

namespace {

constexpr std::pair<ProviderKind, const char*> protocols[] = {{ProviderKind::openai, "openai"},
                                                              {ProviderKind::openrouter, "openrouter"},
                                                              {ProviderKind::anthropic, "anthropic"},
                                                              {ProviderKind::gemini, "gemini"},
                                                              {ProviderKind::ollama, "ollama"}};

// The recordings with this ending, as paths below tests/data/protocol, without it.
std::vector<std::string> recordings(const std::string& folder, const std::string& ending) {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(PLENUM_TEST_DATA "/protocol/" + folder)) {
    if (file.path().extension() == ending) found.push_back(folder + "/" + file.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  REQUIRE(found.size() >= (ending == ".sse" ? 4 : 1));
  return found;
}

Json expectation(const std::string& name) { return parse_json(recorded(name + ".json")).value(); }

void check_end(const core::ChatEnd& end, const Json& expected) {
  CHECK(end.finish_reason == expected.at("finish_reason").get<std::string>());
  CHECK(to_json(end.usage) == expected.at("usage"));
  CHECK(end.cut_short == expected.value("cut_short", false));
  CHECK(end.cost.usd.has_value() == expected.contains("cost_usd"));
  if (end.cost.usd) CHECK(end.cost == Cost{expected.value("cost_usd", -1.0), CostOrigin::reported});
  Json sources = Json::array();
  for (const auto& source : end.sources) sources.push_back(to_json(source));
  CHECK(sources == expected.value("sources", Json::array()));
  CHECK(end.ok == !expected.contains("error"));
  REQUIRE(end.error.has_value() == expected.contains("error"));
  if (!end.error) return;
  CHECK(end.error->name() == expected["error"].get<std::string>());
  CHECK(end.error->message.find(expected.at("message").get<std::string>()) != std::string::npos);
  REQUIRE(end.error->retry_after.has_value() == expected.contains("retry_after_ms"));
  if (end.error->retry_after) CHECK(end.error->retry_after->count() == expected["retry_after_ms"].get<std::int64_t>());
}

bool same(const Decoded& a, const Decoded& b) {
  const auto message_of = [](const Decoded& decoded) {
    return decoded.end.error ? decoded.end.error->message : std::string();
  };
  return a.deltas == b.deltas && a.end.ok == b.end.ok && a.end.finish_reason == b.end.finish_reason &&
         a.end.cut_short == b.end.cut_short && a.end.usage == b.end.usage && a.end.cost == b.end.cost &&
         a.end.sources == b.end.sources && message_of(a) == message_of(b);
}

}  // namespace

TEST_CASE("a recorded answer yields the deltas, the usage and the end of its JSON file") {
  for (const auto& [protocol, folder] : protocols) {
    for (const auto& name : recordings(folder, ".sse")) {
      CAPTURE(name);
      const auto expected = expectation(name);
      const auto decoded = decode(protocol, recorded(name + ".sse"));
      Json deltas = Json::array();
      for (const auto& delta : decoded.deltas) {
        deltas.push_back({delta.kind == TokenKind::text ? "text" : "reasoning", delta.text});
      }
      CHECK(deltas == expected.at("deltas"));
      check_end(decoded.end, expected);
    }
  }
}

TEST_CASE("a recorded answer decodes identically byte by byte and split at every offset") {
  for (const auto& [protocol, folder] : protocols) {
    for (const auto& name : recordings(folder, ".sse")) {
      CAPTURE(name);
      const auto recording = recorded(name + ".sse");
      const std::string_view bytes(recording);
      const auto whole = decode(protocol, bytes);
      std::vector<std::string_view> single;
      for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
      CHECK(same(decode(protocol, single), whole));
      for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        if (!same(decode(protocol, {bytes.substr(0, cut), bytes.substr(cut)}), whole)) FAIL_CHECK("the result differs");
      }
    }
  }
}

TEST_CASE("a response of one JSON text yields the same text, usage and finish reason as its stream") {
  for (const auto& [protocol, folder] : protocols) {
    for (const auto& name : recordings(folder, ".whole")) {
      CAPTURE(name);
      const auto streamed = decode(protocol, recorded(name + ".sse"));
      const auto whole = decode(protocol, recorded(name + ".whole"));
      CHECK(whole.text() == streamed.text());
      CHECK(whole.text(TokenKind::reasoning) == streamed.text(TokenKind::reasoning));
      check_end(whole.end, expectation(name));
    }
  }
}

TEST_CASE("a truncated recording is never a complete answer") {
  for (const auto& [protocol, folder] : protocols) {
    for (const auto& name : recordings(folder, ".sse")) {
      if (expectation(name).value("early_finish", false)) continue;  // complete there, as far as can be known
      const auto recording = recorded(name + ".sse");
      const auto text = decode(protocol, recording).text();
      for (std::size_t cut = 0; cut < recording.size(); ++cut) {
        const auto decoded = decode(protocol, std::string_view(recording).substr(0, cut));
        CAPTURE(name);
        CAPTURE(cut);
        // An incomplete character at the end is replaced.
        const auto part = decoded.text();
        if (decoded.end.ok ? part != text : decoded.error() == ErrorCode::malformed) FAIL_CHECK("accepted as complete");
      }
    }
  }
}
