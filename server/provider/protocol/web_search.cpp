#include "server/provider/protocol/web_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/percent.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"
#include "server/provider/protocol/sources.h"

namespace plenum::protocol {

namespace {

constexpr std::size_t summary_bytes_max = 2000;
constexpr std::size_t topics_depth_max = 3;  // DuckDuckGo groups its topics

void add(SearchResults& found, std::string_view title, std::string_view url, std::string_view content) {
  if (found.results.size() == search_results_max || !is_web_address(url)) return;
  const auto same = [&](const SearchResults::Result& known) { return known.url == url; };
  if (std::any_of(found.results.begin(), found.results.end(), same)) return;
  found.results.push_back(
      {one_line(title, source_title_bytes_max), std::string(url), one_line(content, search_content_bytes_max)});
}

void add_results(SearchResults& found, const Json& results) {
  if (!results.is_array()) return;
  for (const Json& result : results) {
    add(found, text_at(result, "title"), text_at(result, "url"), text_at(result, "content"));
  }
}

void add_topics(SearchResults& found, const Json& topics, std::size_t depth = 0) {
  if (!topics.is_array() || depth == topics_depth_max) return;
  for (const Json& topic : topics) {
    const std::string text = text_at(topic, "Text");
    add(found, text.substr(0, text.find(" - ")), text_at(topic, "FirstURL"), text);
    add_topics(found, value_at(topic, "Topics"), depth + 1);
  }
}

SearchResults instant_answer(const Json& answer) {
  SearchResults found;
  const std::string abstract = text_at(answer, "AbstractText");
  found.summary = one_line(abstract.empty() ? text_at(answer, "Answer") : abstract, summary_bytes_max);
  if (!abstract.empty()) add(found, text_at(answer, "Heading"), text_at(answer, "AbstractURL"), abstract);
  add_topics(found, value_at(answer, "Results"));
  add_topics(found, value_at(answer, "RelatedTopics"));
  return found;
}

std::string query_of(const core::ChatRequest& request) {
  return one_line(request.messages.empty() ? "" : request.messages.back().content, query_bytes_max);
}

bool is_free_of_charge(core::ProviderKind engine) {
  return engine == core::ProviderKind::searxng || engine == core::ProviderKind::duckduckgo;
}

// Engines respond with one JSON text, which is parsed when complete.
class SearchResultsDecoder final : public ResponseDecoder {
 public:
  SearchResultsDecoder(core::ProviderKind engine, std::size_t bytes_max) : engine_(engine), bytes_max_(bytes_max) {}

  void feed(std::string_view bytes, std::vector<ProviderDelta>&) override {
    if (!too_long_) body_.append(bytes.substr(0, bytes_max_ + 1 - body_.size()));
    too_long_ = too_long_ || body_.size() > bytes_max_;
  }
  bool ended() const override { return too_long_; }
  bool complete() const override { return false; }

  core::ChatEnd finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) override {
    core::ChatEnd end;
    // No engine reports its charge, so the cost is unknown. It uses no tokens of a model.
    end.usage.prompt_tokens = end.usage.completion_tokens = end.usage.total_tokens = 0;
    if (is_free_of_charge(engine_)) end.cost = {0.0, CostOrigin::estimated};
    end.error = std::move(broken);
    if (end.error) return end;
    if (too_long_) {
      end.error = Error{ErrorCode::malformed, fmt::format("the response is larger than {} bytes", bytes_max_)};
      return end;
    }
    const auto found = parse_search_results(engine_, body_);
    if (!found) {
      end.error = found.error();
      return end;
    }
    std::string text = search_results_text(*found);
    if (text.empty()) {
      end.error =
          Error{ErrorCode::no_usable_answer, "the search returned no results", "Rephrase the task, or disable search."};
      return end;
    }
    out.push_back({TokenKind::text, std::move(text)});
    for (const auto& result : found->results) end.sources.push_back({result.title, result.url});
    end.ok = true;
    end.finish_reason = "stop";
    return end;
  }

 private:
  const core::ProviderKind engine_;
  const std::size_t bytes_max_;
  std::string body_;
  bool too_long_ = false;
};

}  // namespace

Result<SearchResults> parse_search_results(core::ProviderKind engine, std::string_view text) {
  const auto json = parse_json(text, {.depth_max = 16});
  if (!json || !json->is_object()) {
    return Failure(
        Error{ErrorCode::malformed, "the response is not a JSON object",
              engine == core::ProviderKind::searxng ? "Enable the format json in the settings of SearXNG." : ""});
  }
  if (engine == core::ProviderKind::duckduckgo) return instant_answer(*json);
  if (!value_at(*json, "results").is_array()) {
    return Failure(Error{ErrorCode::malformed, "the response has no list of results"});
  }
  SearchResults found;
  found.summary = one_line(text_at(*json, "answer"), summary_bytes_max);
  add_results(found, value_at(*json, "results"));
  return found;
}

std::string search_results_text(const SearchResults& found) {
  std::string text;
  if (!found.summary.empty()) text += found.summary + "\n";
  for (std::size_t i = 0; i < found.results.size(); ++i) {
    const auto& result = found.results[i];
    text +=
        fmt::format("{}[{}] {}\n{}\n{}\n", text.empty() ? "" : "\n", i + 1, result.title, result.url, result.content);
  }
  return repaired_utf8(text);
}

std::string WebSearchProtocol::path(const core::ChatRequest& request) const {
  switch (engine_) {
    case core::ProviderKind::searxng:
      return "/search?format=json&q=" + percent_encoded(query_of(request));
    case core::ProviderKind::duckduckgo:
      return "/?format=json&no_html=1&skip_disambig=1&q=" + percent_encoded(query_of(request));
    default:
      break;
  }
  return "/search";
}

RequestBody WebSearchProtocol::body(const core::ChatRequest& request) const {
  if (engine_ != core::ProviderKind::tavily) return {};
  return {dump_json(Json{{"query", query_of(request)},
                         {"max_results", search_results_max},
                         {"search_depth", "basic"},
                         {"include_answer", true}}),
          {}};
}

std::unique_ptr<ResponseDecoder> WebSearchProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<SearchResultsDecoder>(engine_, event_bytes_max);
}

}  // namespace plenum::protocol
