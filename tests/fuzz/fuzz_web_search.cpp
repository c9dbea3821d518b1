// What a search engine answers becomes bounded, readable text with sources, or an error; never more than the
// bounds say, and only web addresses.
#include <cstdint>
#include <string>

#include "common/base/utf8.h"
#include "server/provider/protocol/web_search.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using plenum::tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto engine = static_cast<protocol::SearchEngine>(data[0] % 3);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto findings = protocol::read_findings(engine, text);
  if (!findings) return 0;
  require(findings->results.size() <= protocol::search_results_max);
  for (const auto& result : findings->results) {
    require(result.url.compare(0, 4, "http") == 0);
    require(result.content.size() <= protocol::search_content_bytes_max + 3);
    require(result.title.find('\n') == std::string::npos && result.content.find('\n') == std::string::npos);
  }
  const std::string shown = protocol::findings_text(*findings);
  require(is_utf8(shown) && shown.size() < 20'000);
  return 0;
}
