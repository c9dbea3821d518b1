#include "server/storage/memory/similarity_index.h"

#include <doctest/doctest.h>

#include <cmath>
#include <future>
#include <random>

#include "server/storage/memory/cache.h"
#include "tests/support/manual_clock.h"

namespace plenum::storage {

namespace {

constexpr std::size_t dimension = 64;

std::vector<float> unit(std::vector<float> vector) {
  float sum = 0;
  for (const float value : vector) sum += value * value;
  for (float& value : vector) value /= std::sqrt(sum);
  return vector;
}

std::vector<float> random_vector(std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> vector(dimension);
  for (float& value : vector) value = normal(random);
  return unit(std::move(vector));
}

// Close to the vector.
std::vector<float> neighbor(std::vector<float> vector) {
  vector[0] += 0.1F;
  return unit(std::move(vector));
}

core::TaskVector task(std::string text, std::vector<float> values, std::string conditions = "c") {
  return {std::move(conditions), std::move(text), "p/m", std::move(values)};
}

// Waits until the cache has searched.
core::SimilarTasks similar(core::AnswerCache& cache, core::TaskVector question) {
  std::promise<core::SimilarTasks> promise;
  auto found = promise.get_future();
  cache.find_similar(std::move(question), [&](core::SimilarTasks tasks) { promise.set_value(std::move(tasks)); });
  return found.get();
}

struct VectorCache {
  StreamId put(const std::string& key, core::TaskVector vector) {
    const StreamId stream = StreamId::random();
    cache.put(key, "answer to " + key, stream, std::move(vector));
    return stream;
  }
  tests::ManualClock clock;
  MemoryCache cache{clock, {.embedding_model = "p/m", .vectors_max = 3}};
};

const std::vector<float> east = unit({1, 0, 0}), north = unit({0, 1, 0}), north_east = unit({1, 1, 0});

}  // namespace

TEST_CASE("few and many vectors have the same nearest neighbors, also after most of them were removed") {
  std::mt19937 random(7);
  VectorIndex compared(dimension, 100'000), graph(dimension, 10);
  std::vector<std::vector<float>> vectors;
  for (VectorIndex::Label label = 0; label < 1'000; ++label) {
    vectors.push_back(random_vector(random));
    compared.add(label, vectors.back());
    graph.add(label, vectors.back());
  }
  const auto check_all = [&](VectorIndex::Label from) {
    for (VectorIndex::Label label = from; label < 1'000; label += 7) {
      const auto question = neighbor(vectors[label]);
      const auto exact = compared.nearest(question, 1), found = graph.nearest(question, 1);
      REQUIRE(exact.size() == 1);
      REQUIRE(found.size() == 1);
      CHECK(exact[0].label == label);
      CHECK(found[0].label == label);
      CHECK(std::abs(exact[0].similarity - found[0].similarity) < 1e-5);
    }
  };
  check_all(0);
  for (VectorIndex::Label label = 0; label < 800; ++label) {
    compared.remove(label);
    graph.remove(label);
  }
  CHECK(graph.size() == 200);
  check_all(800);
  for (const auto& match : graph.nearest(vectors[0], 200)) CHECK(match.label >= 800);
  for (VectorIndex::Label label = 800; label < 1'000; ++label) graph.remove(label);
  CHECK(graph.size() == 0);
  CHECK(graph.nearest(vectors[0], 5).empty());
  graph.add(5'000, vectors[0]);
  CHECK(graph.nearest(vectors[0], 5).size() == 1);
}

TEST_CASE("a vector of another dimension is neither added nor found, and an unknown label is not removed") {
  VectorIndex index(3);
  index.add(1, std::vector<float>{1, 0});
  CHECK(index.size() == 0);
  index.add(1, east);
  index.remove(2);
  CHECK(index.size() == 1);
  CHECK(index.nearest(std::vector<float>{1, 0}, 1).empty());
}

TEST_CASE_FIXTURE(VectorCache, "similar tasks are found, most similar first, under equal conditions only") {
  put("e", task("east", east));
  put("n", task("north", north));
  put("o", task("elsewhere", east, "other conditions"));
  const auto found = similar(cache, task("north-east", unit({0.9F, 1, 0})));
  REQUIRE(found.size() == 2);
  CHECK(found[0].key == "n");
  CHECK(found[0].text == "north");
  CHECK(found[1].key == "e");
  CHECK(found[0].similarity > found[1].similarity);
  CHECK(similar(cache, task("t", east, "new conditions")).empty());
}

TEST_CASE_FIXTURE(VectorCache, "an embedding of another model is neither stored nor compared") {
  auto foreign = task("east", east);
  foreign.model = "p/another";
  put("e", foreign);
  CHECK(cache.find("e"));
  CHECK(similar(cache, task("east", east)).empty());
  put("n", task("north", north));
  CHECK(similar(cache, foreign).empty());
}

TEST_CASE_FIXTURE(VectorCache, "removing the task removes its embedding") {
  const StreamId stream = put("e", task("east", east));
  put("n", task("north", north));
  cache.remove(stream);
  const auto found = similar(cache, task("east", east));
  REQUIRE(found.size() == 1);
  CHECK(found[0].key == "n");
}

TEST_CASE_FIXTURE(VectorCache, "beyond the number of embeddings the least recently used answers are evicted") {
  put("a", task("a", east));
  put("b", task("b", north));
  put("c", task("c", north_east));
  CHECK(cache.find("a"));
  put("d", task("d", east));
  CHECK_FALSE(cache.find("b"));
  CHECK(similar(cache, task("t", north)).size() == 3);
  // Without an embedding an answer does not count.
  cache.put("plain", "answer", StreamId::random());
  CHECK(cache.find("c"));
}

TEST_CASE("embeddings count toward the size bound") {
  const tests::ManualClock clock;
  MemoryCache cache(clock, {.bytes_max = 20'000, .embedding_model = "p/m"});
  cache.put("a", "answer", StreamId::random(), task("a", std::vector<float>(2'000, 0.1F)));
  CHECK(cache.bytes_held() > 8'000);
  cache.put("b", "answer", StreamId::random(), task("b", std::vector<float>(2'000, 0.1F)));
  cache.put("c", "answer", StreamId::random(), task("c", std::vector<float>(2'000, 0.1F)));
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.bytes_held() <= 20'000);
}

TEST_CASE("without a model of embeddings nothing is similar") {
  const tests::ManualClock clock;
  MemoryCache cache(clock, {});
  cache.put("a", "answer", StreamId::random(), task("a", east));
  CHECK(similar(cache, task("a", east)).empty());
}

}  // namespace plenum::storage
