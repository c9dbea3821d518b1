// A response of a search engine is parsed into text and sources within their limits, with web addresses only, or is an
// error.
#include <cstdint>
#include <string>

#include "common/base/utf8.h"
#include "server/provider/protocol/web_search.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using plenum::tests::require;

constexpr core::ProviderKind engines[] = {core::ProviderKind::searxng, core::ProviderKind::tavily,
                                          core::ProviderKind::duckduckgo};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto engine = engines[data[0] % 3];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto found = protocol::parse_search_results(engine, text);
  if (!found) return 0;
  require(found->results.size() <= protocol::search_results_max);
  for (const auto& result : found->results) {
    require(result.url.compare(0, 4, "http") == 0);
    require(result.content.size() <= protocol::search_content_bytes_max + 3);
    require(result.title.find('\n') == std::string::npos && result.content.find('\n') == std::string::npos);
  }
  const std::string shown = protocol::search_results_text(*found);
  require(is_utf8(shown) && shown.size() < 20'000);
  return 0;
}
