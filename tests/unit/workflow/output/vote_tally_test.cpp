#include "server/workflow/output/vote_tally.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <numeric>
#include <string>

#include "server/workflow/output/ranking.h"

namespace plenum::workflow {

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
