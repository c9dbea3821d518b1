#include "server/workflow/output/ranking.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>

namespace plenum::workflow {

namespace {

using Order = std::vector<std::size_t>;

}  // namespace

TEST_CASE("labels count like the columns of a spreadsheet") {
  CHECK(label_of(0) == "A");
  CHECK(label_of(25) == "Z");
  CHECK(label_of(26) == "AA");
  CHECK(label_of(701) == "ZZ");
  CHECK(label_of(702) == "AAA");
  CHECK(index_of_label("aa") == 26);
  CHECK_FALSE(index_of_label(""));
  CHECK_FALSE(index_of_label("A1"));
  CHECK_FALSE(index_of_label("ZZZZZ"));
}

TEST_CASE("every label names its index") {
  rc::check([] {
    const auto index = *rc::gen::inRange<std::size_t>(0, 400'000);
    RC_ASSERT(index_of_label(label_of(index)) == index);
  });
}

TEST_CASE("a shuffled order holds every answer once and is the same for the same seed") {
  rc::check([](std::uint64_t seed) {
    const auto count = *rc::gen::inRange<std::size_t>(0, 70);
    const Order order = shuffled(count, seed);
    RC_ASSERT(order == shuffled(count, seed));
    RC_ASSERT(order.size() == count);
    RC_ASSERT(std::set<std::size_t>(order.begin(), order.end()).size() == count);
    for (const auto answer : order) RC_ASSERT(answer < count);
  });
}

TEST_CASE("shuffling puts each answer in each place about equally often") {
  int first[3] = {};
  for (std::uint64_t seed = 0; seed < 3000; ++seed) ++first[shuffled(3, seed).front()];
  for (const int times : first) {
    CHECK(times > 900);
    CHECK(times < 1100);
  }
}

TEST_CASE("the mean rank of an answer is that of all reviewers who placed it") {
  const std::vector<Ballot> ballots = {{0, {{0}, {1}, {2}}}, {1, {{0}, {2}}}, {2, {{1}, {0}, {2}}}};
  const auto ranks = mean_ranks(ballots, 4, false);
  REQUIRE(ranks.size() == 3);
  CHECK(ranks[0] == MeanRank{0, 1.33, 3});
  CHECK(ranks[1] == MeanRank{1, 1.5, 2});
  CHECK(ranks[2] == MeanRank{2, 2.67, 3});
}

TEST_CASE("a reviewer's rank of its own answer can be ignored, and the rest moves up") {
  const std::vector<Ballot> ballots = {{0, {{0}, {1}, {2}}}, {std::nullopt, {{2}, {1}, {0}}}};
  const auto ranks = mean_ranks(ballots, 3, true);
  REQUIRE(ranks.size() == 3);
  CHECK(ranks[0] == MeanRank{1, 1.5, 2});
  CHECK(ranks[1] == MeanRank{2, 1.5, 2});
  CHECK(ranks[2] == MeanRank{0, 3, 1});
}

TEST_CASE("tied answers share the mean of their ranks") {
  const std::vector<Ballot> ballots = {{std::nullopt, {{0, 1}, {2}}}};
  const auto ranks = mean_ranks(ballots, 3, false);
  CHECK(ranks[0] == MeanRank{0, 1.5, 1});
  CHECK(ranks[1] == MeanRank{1, 1.5, 1});
  CHECK(ranks[2] == MeanRank{2, 3, 1});
}

TEST_CASE("mean ranks lie between one and the number of answers and come best first") {
  rc::check([] {
    const auto answers = *rc::gen::inRange<std::size_t>(1, 12);
    std::vector<Ballot> ballots;
    for (int i = *rc::gen::inRange(0, 9); i > 0; --i) {
      Ballot ballot{*rc::gen::inRange<std::size_t>(0, answers), {}};
      for (const auto answer : shuffled(answers, *rc::gen::arbitrary<std::uint64_t>())) {
        if (ballot.places.empty() || *rc::gen::arbitrary<bool>()) ballot.places.emplace_back();
        ballot.places.back().push_back(answer);
      }
      ballots.push_back(std::move(ballot));
    }
    const auto ranks = mean_ranks(ballots, answers, *rc::gen::arbitrary<bool>());
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      RC_ASSERT(ranks[i].mean >= 1);
      RC_ASSERT(ranks[i].mean <= static_cast<double>(answers));
      if (i > 0) RC_ASSERT(ranks[i - 1].mean <= ranks[i].mean);
    }
  });
}

}  // namespace plenum::workflow
