#include "server/stream/memory_comparisons.h"

#include <algorithm>
#include <utility>

#include "server/stream/stored_stream.h"

namespace plenum::stream {

std::vector<std::string> comparisons_of(const std::vector<std::shared_ptr<Stream>>& streams,
                                        const core::ComparisonQuery& query) {
  std::vector<std::pair<WallTime, std::string>> found;
  for (const auto& stream : streams) {
    if (!stream->finished() || (!query.tag.empty() && tag_of(stream->info().spec) != query.tag)) continue;
    stream->with_state([&](const StreamState& state) {
      if (state.status != TaskStatus::completed || !state.result || state.result->comparisons_json.empty()) return;
      if (!query.workflow.empty() && state.result->workflow != query.workflow) return;
      const WallTime ended = state.finished_at.value_or(WallTime());
      if (!query.since || ended >= *query.since) found.emplace_back(ended, state.result->comparisons_json);
    });
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> newest;
  std::size_t bytes = 0;
  for (auto one = found.rbegin(); one != found.rend() && newest.size() < query.limit; ++one) {
    bytes += one->second.size();
    if (bytes > query.bytes_max) break;
    newest.push_back(std::move(one->second));
  }
  std::reverse(newest.begin(), newest.end());
  return newest;
}

}  // namespace plenum::stream
