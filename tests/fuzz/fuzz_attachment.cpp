// A file as an attachment: what base64 decodes to encodes to the same text, a recognized type is one of the table, and
// the estimate of its tokens is positive and bounded.
#include <cstdint>
#include <string_view>

#include "common/base/base64.h"
#include "common/protocol/media_type.h"
#include "server/workflow/planning/task_attachments.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto decoded = base64_decoded(bytes)) {
    require(base64_encoded(*decoded) == bytes && decoded->size() == base64_decoded_size(bytes));
  }
  require(base64_decoded(base64_encoded(bytes)) == bytes);
  const MediaType* type = media_type_of(bytes);
  require(type == nullptr || media_type_named(type->name) == type);
  const auto pages = workflow::pdf_pages(bytes);
  require(pages >= 1 && pages <= 1000);
  return 0;
}
