// A journal row from a damaged disk is parsed or rejected; parsed records are serialized into the same frames. Likewise
// the lengths of a segment; the first byte of the input is its size.
#include <cstdint>
#include <string_view>

#include "server/storage/sqlite/database/journal_record.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto records = storage::read_records(bytes)) {
    std::string again;
    for (const auto& record : *records) {
      require(record.frames.ends.empty() || record.frames.ends.back() == record.frames.bytes.size());
      storage::append_record(again, record.stream, record.frames);
    }
    const auto same = storage::read_records(again);
    require(same && same->size() == records->size());
    for (std::size_t i = 0; i < records->size(); ++i) {
      require((*same)[i].stream == (*records)[i].stream);
      require((*same)[i].frames.bytes == (*records)[i].frames.bytes);
      require((*same)[i].frames.ends == (*records)[i].frames.ends);
    }
  }
  if (bytes.empty()) return 0;
  const std::size_t length = data[0];
  if (const auto ends = storage::ends_from(bytes.substr(1), length)) {
    require(ends->empty() ? length == 0 : ends->back() == length);
  }
  return 0;
}
