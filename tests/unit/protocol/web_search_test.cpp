#include "server/provider/protocol/web_search.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"

namespace plenum::protocol {

namespace {

core::ChatRequest asking(std::string query) {
  core::ChatRequest request;
  request.messages = {{core::ChatMessage::Role::user, std::move(query)}};
  return request;
}

// The whole answer through the decoder, in pieces of this size.
core::ChatEnd decoded(SearchEngine engine, std::string_view body, std::string& text, std::size_t piece = 7) {
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
    R"("Answer":"","Results":[],"RelatedTopics":[{"Text":"Chamber - a room for air","FirstURL":"https://c.example"},)"
    R"({"Name":"Law","Topics":[{"Text":"Plenary","FirstURL":"https://d.example"}]}]})";

}  // namespace

TEST_CASE("each engine is asked in its own way, with the query cut and encoded") {
  CHECK(WebSearchProtocol(SearchEngine::searxng).path(asking("a b&c")) == "/search?format=json&q=a%20b%26c");
  CHECK(WebSearchProtocol(SearchEngine::searxng).body(asking("a")).empty());
  CHECK(WebSearchProtocol(SearchEngine::duckduckgo).path(asking("x")) == "/?format=json&no_html=1&skip_disambig=1&q=x");
  CHECK(WebSearchProtocol(SearchEngine::tavily).path(asking("x")) == "/search");
  const auto body = parse_json(WebSearchProtocol(SearchEngine::tavily).body(asking(std::string(5000, 'q')))).value();
  CHECK(body["query"].get<std::string>().size() <= query_bytes_max + 3);
  CHECK(body["max_results"] == 5);
}

TEST_CASE("what was found is shown with numbers, without what is no web address, and each place once") {
  std::string text;
  const auto end = decoded(SearchEngine::searxng, searxng, text);
  CHECK(end.ok);
  CHECK(text == "[1] One\nhttps://a.example/1\nFirst thing here\n\n[2] Two\nhttps://b.example\nSecond\n");
  CHECK(end.sources == std::vector<SourceRef>{{"One", "https://a.example/1"}, {"Two", "https://b.example"}});
  CHECK(end.cost.usd == 0.0);
}

TEST_CASE("an instant answer has a summary, its source and its topics") {
  std::string text;
  const auto end = decoded(SearchEngine::duckduckgo, duckduckgo, text);
  CHECK(end.ok);
  CHECK(text.find("A plenum is an assembly.\n\n[1] Plenum\nhttps://en.wikipedia.org/wiki/Plenum") == 0);
  CHECK(end.sources.size() == 3);
  CHECK(end.sources[1].title == "Chamber");
}

TEST_CASE("an answer with a summary of its own keeps it, and long contents are cut") {
  const auto findings = read_findings(
      SearchEngine::tavily, R"({"answer":"Yes.","results":[{"title":"T","url":"http://t.example","content":")" +
                                std::string(2000, 'c') + R"("}]})");
  REQUIRE(findings);
  CHECK(findings->summary == "Yes.");
  CHECK(findings->results[0].content.size() == search_content_bytes_max + std::string_view("…").size());
}

TEST_CASE("nothing found, and what is no answer, are errors that say so") {
  std::string text;
  CHECK(decoded(SearchEngine::searxng, R"({"results":[]})", text).error->code == ErrorCode::no_usable_answer);
  CHECK(decoded(SearchEngine::duckduckgo, R"({"AbstractText":"","RelatedTopics":[]})", text).error->code ==
        ErrorCode::no_usable_answer);
  CHECK(decoded(SearchEngine::searxng, "<html>", text).error->code == ErrorCode::malformed);
  CHECK(decoded(SearchEngine::tavily, R"({"detail":"x"})", text).error->code == ErrorCode::malformed);
  CHECK(decoded(SearchEngine::tavily, "[1]", text).error->code == ErrorCode::malformed);
  CHECK(decoded(SearchEngine::searxng, std::string(200'000, ' '), text, 1000).error->code == ErrorCode::malformed);
  CHECK(text.empty());
}

}  // namespace plenum::protocol
