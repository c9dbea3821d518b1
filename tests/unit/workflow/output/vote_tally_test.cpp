#include "server/workflow/output/vote_tally.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <numeric>
#include <string>

#include "server/workflow/output/ranking.h"

namespace plenum::workflow {

TEST_CASE("a vote is the letter that the answer is") {
  CHECK(parse_choice("B", 3) == 1);
  CHECK(parse_choice("  **b**.\n", 3) == 1);
  CHECK(parse_choice("(C)", 3) == 2);
  CHECK_FALSE(parse_choice("D", 3));
  CHECK_FALSE(parse_choice("", 3));
}

TEST_CASE("a vote inside a sentence is the letter behind the word that announces it") {
  CHECK(parse_choice("A is tempting, but my answer is C.", 3) == 2);
  CHECK(parse_choice("Answer: B - because A fails", 3) == 1);
  CHECK(parse_choice("I would choose B here", 3) == 1);
}

TEST_CASE("an article is no vote") {
  CHECK(parse_choice("A good case can be made for B", 3) == 1);
  CHECK_FALSE(parse_choice("A good case can be made for neither", 3));
  CHECK(parse_choice("A. It is the only safe way", 3) == 0);
}

TEST_CASE("any text names an option below the count or none") {
  rc::check([](const std::string& text) {
    const auto count = *rc::gen::inRange<std::size_t>(0, 30);
    const auto choice = parse_choice(text, count);
    if (choice) RC_ASSERT(*choice < count);
  });
}

TEST_CASE("every label alone is read as itself") {
  rc::check([] {
    const auto count = *rc::gen::inRange<std::size_t>(1, 60);
    const auto option = *rc::gen::inRange<std::size_t>(0, count);
    RC_ASSERT(parse_choice(label_of(option), count) == option);
  });
}

TEST_CASE("the option with most votes wins, and a tie is a tied without a winner") {
  const std::vector<std::optional<std::size_t>> clear = {0, 1, 1, std::nullopt};
  const Tally won = tally(clear, 3);
  CHECK(won.votes == std::vector<int>{1, 2, 0});
  CHECK(won.unparsed == 1);
  CHECK(won.winner == 1);
  CHECK_FALSE(won.tied);
  const std::vector<std::optional<std::size_t>> even = {0, 1};
  const Tally tied = tally(even, 2);
  CHECK_FALSE(tied.winner);
  CHECK(tied.tied);
  CHECK_FALSE(tally({}, 2).winner);
  CHECK_FALSE(tally({}, 2).tied);
}

TEST_CASE("every vote is counted once, read or not") {
  rc::check([] {
    const auto count = *rc::gen::inRange<std::size_t>(1, 8);
    std::vector<std::optional<std::size_t>> choices;
    for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
      choices.push_back(*rc::gen::arbitrary<bool>() ? std::optional(*rc::gen::inRange<std::size_t>(0, count))
                                                    : std::nullopt);
    }
    const Tally sum = tally(choices, count);
    const int read = std::accumulate(sum.votes.begin(), sum.votes.end(), 0);
    RC_ASSERT(read + sum.unparsed == static_cast<int>(choices.size()));
    RC_ASSERT_FALSE((sum.winner && sum.tied));
    if (read > 0) RC_ASSERT((sum.winner || sum.tied));
  });
}

}  // namespace plenum::workflow
