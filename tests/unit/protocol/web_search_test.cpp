#include "server/provider/protocol/web_search.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"

namespace plenum::protocol {

namespace {

core::ChatRequest request_for(std::string query) {
  core::ChatRequest request;
  request.messages = {{core::ChatMessage::Role::user, std::move(query)}};
  return request;
}

// Decodes the response in pieces of this size.
core::ChatEnd decoded(core::ProviderKind engine, std::string_view body, std::string& text, std::size_t piece = 7) {
  const auto decoder = WebSearchProtocol(engine).decoder(100'000);
  std::vector<ProviderDelta> out;
  for (std::size_t at = 0; at < body.size(); at += piece) decoder->feed(body.substr(at, piece), out);
  auto end = decoder->finish(std::nullopt, out);
  for (const auto& delta : out) text += delta.text;
  return end;
}

constexpr std::string_view searxng =
    R"({"query":"q","number_of_results":0,"results":[)"
    R"({"url":"https://a.example/1","title":"One","content":"First  thing\nhere","engine":"e"},)"
    R"({"url":"javascript:alert",
    "title" : "Bad", "content" : "x"
},)"
    R"({"url":"https://a.example/1","title":"Again","content":"x"},)"
    R"({"url":"https://b.example","title":"Two","content":"Second"}],"answers":[]})";

constexpr std::string_view duckduckgo =
    R"({"AbstractText":"A plenum is an assembly.","AbstractURL":"https://en.wikipedia.org/wiki/Plenum","Heading":"Plenum",)"
    R"("Answer":"","Results":[],"RelatedTopics":[{"Text":"Chamber - a space for air","FirstURL":"https://c.example"},)"
    R"({"Name":"Law","Topics":[{"Text":"Plenary","FirstURL":"https://d.example"}]}]})";

}  // namespace

TEST_CASE("each engine gets its own request, with the query truncated and encoded") {
  CHECK(WebSearchProtocol(core::ProviderKind::searxng).path(request_for("a b&c")) == "/search?format=json&q=a%20b%26c");
  CHECK(WebSearchProtocol(core::ProviderKind::searxng).body(request_for("a")).json.empty());
  CHECK(WebSearchProtocol(core::ProviderKind::duckduckgo).path(request_for("x")) ==
        "/?format=json&no_html=1&skip_disambig=1&q=x");
  CHECK(WebSearchProtocol(core::ProviderKind::tavily).path(request_for("x")) == "/search");
  const auto body =
      parse_json(WebSearchProtocol(core::ProviderKind::tavily).body(request_for(std::string(5000, 'q'))).json).value();
  CHECK(body["query"].get<std::string>().size() <= query_bytes_max + 3);
  CHECK(body["max_results"] == 5);
}

TEST_CASE("results are numbered, without invalid URLs and duplicates") {
  std::string text;
  const auto end = decoded(core::ProviderKind::searxng, searxng, text);
  CHECK(end.ok);
  CHECK(text == "[1] One\nhttps://a.example/1\nFirst thing here\n\n[2] Two\nhttps://b.example\nSecond\n");
  CHECK(end.sources == std::vector<SourceRef>{{"One", "https://a.example/1"}, {"Two", "https://b.example"}});
  CHECK(end.cost.usd == 0.0);
}

TEST_CASE("the cost of a search is unknown, except of engines that charge nothing") {
  std::string text;
  const auto end =
      decoded(core::ProviderKind::tavily, R"({"results":[{"title":"t","url":"https://a.example"}]})", text);
  CHECK(end.cost == Cost{});
  CHECK(end.usage.total_tokens == 0);  // so that totals of tokens stay known
  CHECK(decoded(core::ProviderKind::duckduckgo, duckduckgo, text).cost == Cost{0.0, CostOrigin::estimated});
}

TEST_CASE("an instant answer has a summary, its source and its topics") {
  std::string text;
  const auto end = decoded(core::ProviderKind::duckduckgo, duckduckgo, text);
  CHECK(end.ok);
  CHECK(text.find("A plenum is an assembly.\n\n[1] Plenum\nhttps://en.wikipedia.org/wiki/Plenum") == 0);
  CHECK(end.sources.size() == 3);
  CHECK(end.sources[1].title == "Chamber");
}

TEST_CASE("a response's own summary is used, and long contents are truncated") {
  const auto found = parse_search_results(
      core::ProviderKind::tavily, R"({"answer":"Yes.","results":[{"title":"T","url":"http://t.example","content":")" +
                                      std::string(2000, 'c') + R"("}]})");
  REQUIRE(found);
  CHECK(found->summary == "Yes.");
  CHECK(found->results[0].content.size() == search_content_bytes_max + std::string_view("…").size());
}

TEST_CASE("no results and invalid responses are errors") {
  std::string text;
  CHECK(decoded(core::ProviderKind::searxng, R"({"results":[]})", text).error->code == ErrorCode::no_usable_answer);
  CHECK(decoded(core::ProviderKind::duckduckgo, R"({"AbstractText":"","RelatedTopics":[]})", text).error->code ==
        ErrorCode::no_usable_answer);
  CHECK(decoded(core::ProviderKind::searxng, "<html>", text).error->code == ErrorCode::malformed);
  CHECK(decoded(core::ProviderKind::tavily, R"({"detail":"x"})", text).error->code == ErrorCode::malformed);
  CHECK(decoded(core::ProviderKind::tavily, "[1]", text).error->code == ErrorCode::malformed);
  CHECK(decoded(core::ProviderKind::searxng, std::string(200'000, ' '), text, 1000).error->code ==
        ErrorCode::malformed);
  CHECK(text.empty());
}

}  // namespace plenum::protocol
