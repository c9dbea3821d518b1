// Web search engines as providers: the last message of the request is the query; the results are one text with its
// sources. Responses are untrusted and small: only the first few results are used, truncated for prompts.
// Sources: SearXNG's documentation, "Search API" (format=json); Tavily's API reference, "Search"; DuckDuckGo's
// instant answers (format=json).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/protocol.h"

namespace plenum::protocol {

struct SearchResults {
  struct Result {
    std::string title, url, content;
    bool operator==(const Result&) const = default;
  };
  std::string summary;  // written by the engine; may be empty
  std::vector<Result> results;
};

inline constexpr std::size_t search_results_max = 5;
inline constexpr std::size_t search_content_bytes_max = 500;  // of one result
inline constexpr std::size_t query_bytes_max = 400;           // engines reject longer ones

// `engine`: one of the search kinds. Fails with malformed if the text is not in the engine's format. Any thread.
Result<SearchResults> parse_search_results(core::ProviderKind engine, std::string_view json);
// The text for prompts, with numbers to cite; empty if there are no results.
std::string search_results_text(const SearchResults& found);

// Const: any thread.
class WebSearchProtocol final : public ProviderProtocol {
 public:
  explicit WebSearchProtocol(core::ProviderKind engine) : engine_(engine) {}

  std::string path(const core::ChatRequest& request) const override;
  RequestBody body(const core::ChatRequest& request) const override;  // empty for engines that use GET
  std::string_view key_header() const override { return "Authorization: Bearer "; }
  std::vector<std::string_view> headers() const override { return {"Accept: application/json"}; }
  std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const override;

 private:
  const core::ProviderKind engine_;
};

}  // namespace plenum::protocol
