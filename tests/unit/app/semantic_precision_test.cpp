// How often the semantic cache finds the answer of a paraphrase, and that it never returns the answer of a near miss.
// docs/workflows.md, "Semantic cache", publishes what this test prints.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/base/sha256.h"
#include "server/app/module_options.h"
#include "server/config/config_table.h"
#include "server/storage/memory/cache.h"
#include "server/workflow/planning/task_comparison.h"
#include "tests/support/embedding/embedding_double.h"
#include "tests/support/embedding/task_pairs.h"

namespace plenum::tests {

namespace {

constexpr const char* model = "double/embed-1";

core::TaskVector vector_of(const std::string& text, const std::string& conditions) {
  return {conditions, text, model, embedding_of(text)};
}

// A cache with the answers of the first tasks of all pairs.
class FilledCache {
 public:
  explicit FilledCache(const std::vector<TaskPair>& pairs) {
    for (const TaskPair& pair : pairs) {
      cache_.put(sha256_hex(pair.task), "an answer", StreamId::random(), vector_of(pair.task, "same"));
    }
  }
  // Tasks that are at least so similar, most similar first, without that of the same text, which the exact cache finds.
  std::vector<core::SimilarTask> similar(const TaskPair& pair, double threshold) {
    std::promise<core::SimilarTasks> promise;
    auto found = promise.get_future();
    cache_.find_similar(vector_of(pair.other, pair.other_conditions),
                        [&](core::SimilarTasks tasks) { promise.set_value(std::move(tasks)); });
    std::vector<core::SimilarTask> chosen;
    for (core::SimilarTask& task : found.get()) {
      const bool is_same_text = task.text == pair.other && pair.other_conditions == "same";
      if (task.similarity >= threshold && !is_same_text) chosen.push_back(std::move(task));
    }
    return chosen;
  }

 private:
  SystemClock clock_;
  storage::MemoryCache cache_{clock_, {.embedding_model = model}};
};

struct Counts {
  int hits = 0, wrong = 0, similar_only = 0, pairs = 0;
};

// similar_only: hits if the embedding alone decided.
std::map<std::string, Counts> counts(const std::vector<TaskPair>& pairs, double threshold) {
  FilledCache cache(pairs);
  std::map<std::string, Counts> by_kind;
  for (const TaskPair& pair : pairs) {
    Counts& kind = by_kind[pair.kind];
    ++kind.pairs;
    const auto similar = cache.similar(pair, threshold);
    if (!similar.empty()) ++kind.similar_only;
    for (const core::SimilarTask& task : similar) {
      if (!workflow::may_share_answer(pair.other, task.text)) continue;
      ++(task.text == pair.task ? kind.hits : kind.wrong);
      break;
    }
  }
  return by_kind;
}

Counts sum(const std::map<std::string, Counts>& by_kind) {
  Counts all;
  for (const auto& [kind, row] : by_kind) {
    all.hits += row.hits;
    all.wrong += row.wrong;
    all.similar_only += row.similar_only;
    all.pairs += row.pairs;
  }
  return all;
}

std::string table(const std::map<std::string, Counts>& by_kind) {
  std::string text;
  for (const auto& [kind, row] : by_kind) {
    text +=
        fmt::format("\n  {:36} {:4} of {:4}, by the embedding alone {:4}", kind, row.hits, row.pairs, row.similar_only);
  }
  return text;
}

double default_threshold() {
  config::Config config = config::default_config();
  config.semantic_cache_provider = "p";
  return app::similarity_options(config)->threshold;
}

}  // namespace

TEST_CASE("at the default threshold 1,000 near misses are no hits, and most of 1,000 paraphrases are") {
  const auto same = paraphrases(), other = near_misses();
  REQUIRE(same.size() == 1000);
  REQUIRE(other.size() == 1000);
  const auto hits = counts(same, default_threshold());
  MESSAGE("paraphrases that are hits:" << table(hits));
  const auto false_hits = counts(other, default_threshold());
  MESSAGE("near misses that are hits:" << table(false_hits));
  CHECK(sum(hits).hits >= 700);
  CHECK(sum(hits).wrong == 0);
  CHECK(sum(false_hits).hits == 0);
  CHECK(sum(false_hits).wrong == 0);
  // The double is as blind as a model: without the comparison of words there would be false hits.
  CHECK(sum(false_hits).similar_only > 500);
}

TEST_CASE("the words of near misses differ enough at every threshold") {
  for (const double threshold : {0.80, 0.90, 0.95, 0.98}) {
    const Counts hits = sum(counts(paraphrases(), threshold)), false_hits = sum(counts(near_misses(), threshold));
    MESSAGE(
        fmt::format("threshold {:.2f}: {} of 1000 paraphrases are hits; {} of 1000 near misses are, {} by the "
                    "embedding alone",
                    threshold, hits.hits, false_hits.hits + false_hits.wrong, false_hits.similar_only));
    CHECK(false_hits.hits + false_hits.wrong == 0);
  }
}

}  // namespace plenum::tests
