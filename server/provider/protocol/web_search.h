// Web search engines as providers: the last message of the request is the query, and what was found comes
// as one text with its sources behind it. Answers are untrusted and small: of their results the first few are
// taken, cut to what prompts need.
// Sources: SearXNG's documentation, "Search API" (format=json); Tavily's API reference, "Search"; DuckDuckGo's
// instant answers (format=json).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/protocol.h"

namespace plenum::protocol {

enum class SearchEngine : std::uint8_t { searxng, tavily, duckduckgo };

struct Findings {
  struct Result {
    std::string title, url, content;
    bool operator==(const Result&) const = default;
  };
  std::string summary;  // of the engine itself; may be empty
  std::vector<Result> results;
};

inline constexpr std::size_t search_results_max = 5;
inline constexpr std::size_t search_content_bytes_max = 500;  // of one result
inline constexpr std::size_t query_bytes_max = 400;           // engines refuse longer ones

// Malformed when the text is not of the engine's form. Any thread.
Result<Findings> read_findings(SearchEngine engine, std::string_view json);
// As prompts show it, with numbers to cite; empty when nothing was found.
std::string findings_text(const Findings& findings);

// Const: any thread.
class WebSearchProtocol final : public ProviderProtocol {
 public:
  explicit WebSearchProtocol(SearchEngine engine) : engine_(engine) {}

  std::string path(const core::ChatRequest& request) const override;
  std::string body(const core::ChatRequest& request) const override;  // empty: the engine is asked by GET
  std::string_view key_header() const override { return "Authorization: Bearer "; }
  std::vector<std::string_view> headers() const override { return {"Accept: application/json"}; }
  std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const override;

 private:
  const SearchEngine engine_;
};

}  // namespace plenum::protocol
