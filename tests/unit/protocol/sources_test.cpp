#include "server/provider/protocol/sources.h"

#include <doctest/doctest.h>

#include <string>

#include "common/base/utf8.h"
#include "server/provider/protocol/json/json_reader.h"
#include "tests/unit/protocol/decoded.h"

using namespace plenum;
using namespace plenum::protocol;

namespace {

std::vector<SourceRef> sources_in(std::string_view json) {
  std::vector<SourceRef> sources;
  JsonReader reader(json);
  read_sources(reader, sources);
  CHECK(reader.finished());
  return sources;
}

}  // namespace

TEST_CASE("citations are read as addresses, as objects, and as objects within objects") {
  CHECK(sources_in(R"(["https://a.example"])") == std::vector<SourceRef>{{"", "https://a.example"}});
  CHECK(sources_in(R"({"title":"A","url":"https://a.example"})") == std::vector<SourceRef>{{"A", "https://a.example"}});
  CHECK(sources_in(R"([{"web":{"uri":"https://a.example","title":"A"}}])") ==
        std::vector<SourceRef>{{"A", "https://a.example"}});
  CHECK(sources_in(R"([{"type":"file_citation","index":1}, [["https://no.example"]], 5, null, {"web":7}])").empty());
}

TEST_CASE("only http and https addresses without blanks are sources") {
  for (const char* url : {"javascript:alert(1)", "ftp://a.example", "//a.example", "a.example", "https://a b", "",
                          "https://a\\u0000b", "data:text/html,x", "file:///etc/passwd", "HTTPS://a.example"}) {
    CAPTURE(url);
    CHECK(sources_in("[\"" + std::string(url) + "\"]").empty());
  }
}

TEST_CASE("an address appears once and takes the title that comes later") {
  CHECK(sources_in(R"(["https://a.example","https://b.example",{"url":"https://a.example","title":"A"},)"
                   R"({"url":"https://a.example","title":"Other"}])") ==
        std::vector<SourceRef>{{"A", "https://a.example"}, {"", "https://b.example"}});
}

TEST_CASE("the number and the length of citations are limited") {
  std::string json = "[";
  for (int i = 0; i < 1000; ++i) json += "\"https://a.example/" + std::to_string(i) + "\",";
  json += "\"\"]";
  const auto sources = sources_in(json);
  REQUIRE(sources.size() == answer_sources_max);
  CHECK(sources.back().url == "https://a.example/49");
  CHECK(sources_in("[\"https://a.example/" + std::string(source_url_bytes_max, 'x') + "\"]").empty());
  const auto titled = sources_in(R"([{"url":"https://a.example","title":")" + std::string(5000, 't') + "\"}]");
  CHECK(titled.at(0).title.size() < source_title_bytes_max + 4);
}

TEST_CASE("titles of sources are one line of valid UTF-8") {
  const auto sources = sources_in("[{\"url\":\"https://a.example\",\"title\":\" a\\n\\tb\\u001b[31m \xFF \"}]");
  REQUIRE(sources.size() == 1);
  CHECK(sources[0].title == "a b [31m \xEF\xBF\xBD");
  CHECK(is_utf8(sources[0].title));
}

TEST_CASE("the query of a search that the vendor runs is not part of the answer") {
  const auto decoded = decode(ProviderKind::anthropic, recorded("anthropic/web_search_citations.sse"));
  CHECK(decoded.text() == "A plenum is full.");
}

TEST_CASE("citations of an answer that broke off are retained") {
  const auto decoded =
      decode(ProviderKind::openai,
             R"(data: {"citations":["https://a.example"],"choices":[{"index":0,"delta":{"content":"It is [1"}}]})"
             "\n\n");
  CHECK(decoded.error() == ErrorCode::truncated);
  CHECK(decoded.end.sources == std::vector<SourceRef>{{"", "https://a.example"}});
}
