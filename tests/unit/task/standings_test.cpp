#include "server/task/standings.h"

#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

using namespace plenum;
using namespace plenum::task;

namespace {

const Standing& of(const std::vector<Standing>& standings, const std::string& model) {
  for (const Standing& standing : standings) {
    if (standing.model == model) return standing;
  }
  throw std::runtime_error("no standing of " + model);
}

// Positions: 0 is a/m, 1 is b/m, 2 is c/m.
std::string comparison(const std::string& reviews, const std::string& votes = "[]") {
  return R"({"models":["a/m","b/m","c/m"],"reviews":)" + reviews + R"(,"votes":)" + votes + "}";
}

}  // namespace

TEST_CASE("a model that beats an equal one wins half of K, and the other loses as much") {
  Standings standings;
  standings.add(comparison("[[2,[[0],[1]]]]"));
  const auto list = standings.sorted();
  REQUIRE(list.size() == 2);
  CHECK(list[0].model == "a/m");
  CHECK(list[0].rating == doctest::Approx(1516));
  CHECK(list[1].rating == doctest::Approx(1484));
  CHECK(list[0].wins == 1);
  CHECK(list[1].losses == 1);
}

TEST_CASE("a reviewer's rank of its own answer, and of others against it, does not count") {
  Standings standings;
  standings.add(comparison("[[0,[[0],[1],[2]]]]"));
  const auto list = standings.sorted();
  REQUIRE(list.size() == 2);
  CHECK(of(list, "b/m").wins == 1);
  CHECK(of(list, "c/m").losses == 1);
  Standings alone;
  alone.add(comparison("[[0,[[0],[1]]]]"));
  CHECK(alone.sorted().empty());
}

TEST_CASE("models on one place have tied, and equal ratings do not change") {
  Standings standings;
  standings.add(comparison("[[2,[[0,1]]]]"));
  const auto list = standings.sorted();
  CHECK(of(list, "a/m").rating == doctest::Approx(1500));
  CHECK(of(list, "a/m").ties == 1);
  CHECK(of(list, "b/m").ties == 1);
}

TEST_CASE("the result of a pair is the mean of its reviewers, whatever their order") {
  Standings one, other;
  one.add(R"({"models":["a/m","b/m","c/m","d/m"],"reviews":[[2,[[0],[1]]],[3,[[0],[1]]],[2,[[1],[0]]]],"votes":[]})");
  other.add(R"({"models":["a/m","b/m","c/m","d/m"],"reviews":[[2,[[1],[0]]],[3,[[0],[1]]],[2,[[0],[1]]]],"votes":[]})");
  CHECK(one.sorted()[0].rating == doctest::Approx(1500 + 32 * (2.0 / 3 - 0.5)));
  CHECK(one.sorted()[0].rating == other.sorted()[0].rating);
  CHECK(one.sorted()[0].wins == 1);  // by the majority of the reviewers
}

TEST_CASE("one task changes a rating by at most K, and the sum of all ratings never changes") {
  Standings standings;
  for (int i = 0; i < 500; ++i) {
    const double before = standings.sorted().empty() ? start_rating : of(standings.sorted(), "a/m").rating;
    standings.add(comparison(i % 5 == 0 ? "[[0,[[2],[1],[0]]],[1,[[2],[0],[1]]],[2,[[1],[0],[2]]]]"
                                        : "[[0,[[0],[1,2]]],[1,[[0],[1],[2]]],[2,[[0],[2],[1]]]]"));
    const auto list = standings.sorted();
    CHECK(std::abs(of(list, "a/m").rating - before) <= rating_factor);
    double sum = 0;
    for (const Standing& standing : list) sum += standing.rating;
    CHECK(sum == doctest::Approx(3 * start_rating));
  }
  CHECK(standings.sorted()[0].model == "a/m");
  CHECK(of(standings.sorted(), "a/m").tasks == 500);
}

TEST_CASE("a model that takes part twice is not compared with itself") {
  Standings standings;
  standings.add(comparison("[[2,[[0],[0],[1]]]]"));
  const auto list = standings.sorted();
  CHECK(of(list, "a/m").wins == 1);
  CHECK(of(list, "a/m").losses == 0);
  CHECK(of(list, "a/m").rating == doctest::Approx(1516));
}

TEST_CASE("votes do not change a rating; their agreement with the winning choice is counted") {
  Standings standings;
  standings.add(comparison("[]", "[[0,1],[1,1],[2,0]]"));
  standings.add(comparison("[]", "[[0,1]]"));
  const auto list = standings.sorted();
  CHECK(of(list, "a/m").votes == 2);
  CHECK(of(list, "a/m").agreements == 2);
  const Json unrated = to_json(of(list, "c/m"));
  CHECK(unrated["rating"].is_null());
  CHECK(unrated["agreement"] == 0.0);
  standings.add(comparison("[[2,[[1],[0]]]]"));
  CHECK(standings.sorted()[2].model == "c/m");  // unrated models come last
  CHECK(to_json(of(standings.sorted(), "b/m"))["rating"] == 1516.0);
}

TEST_CASE("malformed comparisons are ignored") {
  Standings standings;
  for (const char* text :
       {"", "[]", "{", R"({"models":["a"],"reviews":[[0,[[1,2,-1]]],[7,[[0]]],[],3],"votes":[[0,2],[9,1]]})",
        R"({"models":7,"reviews":[[0,[[0],[1]]]]})", R"({"reviews":{"a":1},"votes":"x"})"}) {
    standings.add(text);
  }
  CHECK(standings.sorted().empty());
}

TEST_CASE("10,000 tasks are rated within seconds") {
  const std::string one = comparison("[[0,[[1],[2],[0]]],[1,[[2],[1],[0]]],[2,[[1],[2,0]]]]", "[[0,1],[1,1],[2,0]]");
  const auto before = std::chrono::steady_clock::now();
  Standings standings;
  for (int i = 0; i < 10'000; ++i) standings.add(one);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
  MESSAGE("took " << took.count() << " ms");
  CHECK(of(standings.sorted(), "a/m").tasks == 10'000);
  CHECK(took.count() < 5'000);
}
