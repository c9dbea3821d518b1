// A page of a list of models becomes bounded, printable names and plausible prices, or is an error.
#include <algorithm>
#include <cstdint>
#include <string>

#include "common/base/utf8.h"
#include "server/provider/protocol/lists/model_list.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using plenum::tests::require;

constexpr core::ProviderKind kinds[] = {core::ProviderKind::openai, core::ProviderKind::openrouter,
                                        core::ProviderKind::anthropic, core::ProviderKind::gemini,
                                        core::ProviderKind::ollama};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto kind = kinds[data[0] % std::size(kinds)];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto page = protocol::parse_model_page(kind, text);
  if (!page) return 0;
  require(page->models.size() <= core::ModelList::models_max && page->next.size() <= 500);
  for (const auto& model : page->models) {
    require(!model.id.empty() && model.id.size() <= 200 && is_utf8(model.id));
    require(std::none_of(model.id.begin(), model.id.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; }));
    for (const auto& price : {model.prompt_usd, model.completion_usd, model.cache_read_usd, model.cache_write_usd}) {
      require(!price || (*price >= 0 && *price <= 1));
    }
  }
  const auto path = protocol::model_list_path(kind, page->next);
  require(path.starts_with("/models") && path.find_first_of(" \r\n\"") == std::string::npos);
  return 0;
}
