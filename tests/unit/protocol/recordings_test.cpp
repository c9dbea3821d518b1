// Recorded answers of every protocol: NAME.sse is what came over the network, NAME.json what it must mean,
// and NAME.whole, where there is one, the same answer from a server that does not stream.
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

constexpr std::pair<ProtocolKind, const char*> dialects[] = {{ProtocolKind::openai, "openai"},
                                                             {ProtocolKind::openrouter, "openrouter"},
                                                             {ProtocolKind::anthropic, "anthropic"},
                                                             {ProtocolKind::gemini, "gemini"},
                                                             {ProtocolKind::ollama, "ollama"}};

// The recordings with this ending, as paths below tests/data/protocol, without it.
std::vector<std::string> recordings(const std::string& folder, const std::string& ending) {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(PLENUM_TEST_DATA "/wire/" + folder)) {
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
  CHECK(end.ok == !expected.contains("error"));
  REQUIRE(end.error.has_value() == expected.contains("error"));
  if (!end.error) return;
  CHECK(end.error->name() == expected["error"].get<std::string>());
  CHECK(end.error->message.find(expected.at("says").get<std::string>()) != std::string::npos);
  REQUIRE(end.error->retry_after.has_value() == expected.contains("retry_after_ms"));
  if (end.error->retry_after) CHECK(end.error->retry_after->count() == expected["retry_after_ms"].get<std::int64_t>());
}

bool same(const Heard& a, const Heard& b) {
  const auto said = [](const Heard& heard) { return heard.end.error ? heard.end.error->message : std::string(); };
  return a.deltas == b.deltas && a.end.ok == b.end.ok && a.end.finish_reason == b.end.finish_reason &&
         a.end.cut_short == b.end.cut_short && a.end.usage == b.end.usage && a.end.cost == b.end.cost &&
         said(a) == said(b);
}

}  // namespace

TEST_CASE("a recorded answer gives the deltas, the usage and the end that are written beside it") {
  for (const auto& [protocol, folder] : dialects) {
    for (const auto& name : recordings(folder, ".sse")) {
      CAPTURE(name);
      const auto expected = expectation(name);
      const auto heard = hear(protocol, recorded(name + ".sse"));
      Json deltas = Json::array();
      for (const auto& delta : heard.deltas) {
        deltas.push_back({delta.kind == TokenKind::text ? "text" : "reasoning", delta.text});
      }
      CHECK(deltas == expected.at("deltas"));
      check_end(heard.end, expected);
    }
  }
}

TEST_CASE("a recorded answer reads the same byte by byte and cut at every offset") {
  for (const auto& [protocol, folder] : dialects) {
    for (const auto& name : recordings(folder, ".sse")) {
      CAPTURE(name);
      const auto recording = recorded(name + ".sse");
      const std::string_view bytes(recording);
      const auto whole = hear(protocol, bytes);
      std::vector<std::string_view> single;
      for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
      CHECK(same(hear(protocol, single), whole));
      for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        if (!same(hear(protocol, {bytes.substr(0, cut), bytes.substr(cut)}), whole)) FAIL_CHECK("the cut changed it");
      }
    }
  }
}

TEST_CASE("an answer in one JSON text gives the same text, usage and finish as its stream") {
  for (const auto& [protocol, folder] : dialects) {
    for (const auto& name : recordings(folder, ".whole")) {
      CAPTURE(name);
      const auto streamed = hear(protocol, recorded(name + ".sse"));
      const auto whole = hear_whole(protocol, recorded(name + ".whole"));
      CHECK(whole.text() == streamed.text());
      CHECK(whole.text(TokenKind::reasoning) == streamed.text(TokenKind::reasoning));
      check_end(whole.end, expectation(name));
    }
  }
}

TEST_CASE("what is left of a recorded answer that breaks off is never taken for the whole of it") {
  for (const auto& [protocol, folder] : dialects) {
    for (const auto& name : recordings(folder, ".sse")) {
      const auto recording = recorded(name + ".sse");
      const auto text = hear(protocol, recording).text();
      for (std::size_t cut = 0; cut < recording.size(); ++cut) {
        const auto heard = hear(protocol, std::string_view(recording).substr(0, cut));
        CAPTURE(name);
        CAPTURE(cut);
        // Where the rest of a character was still to come, its replacement stands.
        const auto part = heard.text();
        if (heard.end.ok ? part != text : heard.error() == ErrorCode::malformed) FAIL_CHECK("not so here");
      }
    }
  }
}
