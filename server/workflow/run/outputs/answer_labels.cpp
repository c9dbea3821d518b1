#include "server/workflow/run/outputs/answer_labels.h"

#include <string>

#include "common/base/sha256.h"
#include "server/workflow/output/ranking.h"

namespace plenum::workflow {

namespace {

std::uint64_t seed_of(std::string_view trace_id, std::string_view name) {
  return std::stoull(sha256_hex(std::string(trace_id).append(name)).substr(0, 16), nullptr, 16);
}

}  // namespace

std::vector<std::size_t> labels_of(std::string_view trace_id, std::string_view list, std::size_t count) {
  return shuffled(count, seed_of(trace_id, std::string("labels ").append(list)));
}

std::vector<std::size_t> shown_order(std::string_view trace_id, std::string_view chunk_name, std::size_t count) {
  return shuffled(count, seed_of(trace_id, chunk_name));
}

}  // namespace plenum::workflow
