// Sources that vendors name in their responses: the citations of an answer, and the results of a web search. Responses
// are untrusted: only http and https addresses are used, titles become one line, and the number is limited.
// Sources: Perplexity's chat completions (citations, search_results); OpenAI's and OpenRouter's message annotations
// (url_citation); xAI's live search (citations); Anthropic's "Web search tool" and "Search results" (citations with a
// url or source); Google's GroundingMetadata (groundingChunks) and CitationMetadata.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_result.h"

namespace plenum::protocol {

class JsonReader;

inline constexpr std::size_t source_title_bytes_max = 200;
inline constexpr std::size_t source_url_bytes_max = 2000;

// One line without control characters, truncated; valid UTF-8.
std::string one_line(std::string_view text, std::size_t bytes_max);
// An http or https address without blanks and control characters, at most source_url_bytes_max long.
bool is_web_address(std::string_view url);

// Adds the source, or its title if the address is known without one. Any other address, and a source beyond
// answer_sources_max, is omitted.
void add_source(std::vector<SourceRef>& sources, std::string_view title, std::string_view url);
// Reads the value at the cursor: an address, an object with one, or a list of these. An object has its address in
// `url`, `uri` or `source`, and may have a `title`; both may be in an object of its own (`url_citation`, `web`,
// `retrievedContext`). Everything else is skipped.
void read_sources(JsonReader& reader, std::vector<SourceRef>& sources);

}  // namespace plenum::protocol
