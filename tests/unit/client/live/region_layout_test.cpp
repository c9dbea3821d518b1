#include "client/cli/live/region_layout.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/client/client_fixtures.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

const SteadyTime start{std::chrono::hours(1)};

struct LayoutFixture {
  RunModel model;
  std::uint64_t seq = 0;

  void at(std::int64_t t_ms, const Event& event) {
    model.apply(*parse_event(event_json(event, ++seq, t_ms)), start + milliseconds(t_ms));
  }
  void members(std::size_t count) {
    TaskStarted started{"task", "council", {}, ""};
    for (std::size_t i = 0; i < count; ++i) started.members.push_back({"lab/member-" + std::to_string(i), "m"});
    at(0, {started, nullptr});
  }
  std::vector<std::string> lines(ScreenSize size, std::int64_t now_ms, std::vector<StyledLine> tail = {}) const {
    std::vector<std::string> found;
    const bool answering = !tail.empty();
    for (const StyledLine& line :
         region_lines({model, start + milliseconds(now_ms), answering, std::move(tail)}, size)) {
      CHECK(width_of(line) < size.columns);
      found.push_back(plain_text(line));
    }
    return found;
  }
};

bool any_contains(const std::vector<std::string>& lines, std::string_view words) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(words) != line.npos; });
}

}  // namespace

TEST_CASE_FIXTURE(LayoutFixture, "a call without a token moves, although nothing is received") {
  members(2);
  at(0, started(source_of("answer:lab/member-0", 1, "Member", "answers", "lab/member-0")));
  const auto early = lines({80, 24}, 3'000), late = lines({80, 24}, 3'120);
  CHECK(any_contains(early, "calling 3 s"));
  CHECK(early != late);  // the spinner
  CHECK(any_contains(lines({80, 24}, 6'500), "calling 6 s"));
}

TEST_CASE_FIXTURE(LayoutFixture, "the region is lower than the terminal and names what it does not show") {
  members(12);
  for (int i = 9; i < 12; ++i) {
    const std::string member = "lab/member-" + std::to_string(i);
    at(1, started(source_of("answer:" + member, i, "Member", "answers", member)));
  }
  for (std::size_t rows = 2; rows < 40; ++rows) {
    for (const std::size_t columns : {20, 40, 80, 140}) {
      CAPTURE(rows);
      CAPTURE(columns);
      CHECK(lines({columns, rows}, 500).size() < rows);
    }
  }
  const auto few = lines({80, 8}, 500);
  CHECK(any_contains(few, "… and 7 more"));
  CHECK(any_contains(few, "lab/member-10"));  // those that work are shown first
}

TEST_CASE_FIXTURE(LayoutFixture, "while the answer grows, its end is shown above the rows that still work") {
  members(3);
  at(1, started(source_of("synthesis:lab/member-2", 4, "Chairman", "synthesis", "lab/member-2")));
  std::vector<StyledLine> tail;
  for (int i = 0; i < 30; ++i) tail.push_back({{"line " + std::to_string(i)}});
  const auto region = lines({80, 12}, 500, tail);
  CHECK(region.size() == 11);
  CHECK(any_contains(region, "line 29"));
  CHECK_FALSE(any_contains(region, "line 3"));
  CHECK(any_contains(region, "lab/member-2"));
  CHECK_FALSE(any_contains(region, "lab/member-0"));
}

TEST_CASE_FIXTURE(LayoutFixture, "a name that does not fit loses its provider first") {
  at(0, {TaskStarted{"task", "council", {{"openrouter/meta-llama/llama-3.3-70b-instruct", "m"}, {"lab/b", "b"}}, ""},
         nullptr});
  CHECK(any_contains(lines({80, 24}, 0), "llama-3.3-70b-instruct "));
  CHECK(any_contains(lines({40, 24}, 0), "llama-3.3-70b-…"));
  CHECK(any_contains(lines({140, 24}, 0), "llama-3.3-70b-instruct "));
}

TEST_CASE_FIXTURE(LayoutFixture, "the progress line has chunks, times and cost, as far as they are known") {
  members(2);
  CHECK(lines({80, 24}, 1'000).back().ends_with("running · 1 s · council"));
  TaskProgress progress;
  progress.total_chunks = 4;
  progress.completed = 1;
  progress.estimated_time = 10.0;
  progress.cost = Cost{0.0123, CostOrigin::reported};
  at(2'000, {progress, nullptr});
  CHECK(lines({80, 24}, 4'000).back() == "━━━━━─────────────── 1/4 · 4 s · about 6 s left · $0.0123 so far · council");
  CHECK(lines({80, 24}, 11'000).back().find("longer than estimated") != std::string::npos);
  CHECK(lines({40, 24}, 4'000).back() == "━━────── 1/4 · 4 s · about 6 s left");
}

TEST_CASE_FIXTURE(LayoutFixture, "wide, joined and right-to-left text stays within its row") {
  members(1);
  at(0, {TaskStarted{"task", "x", {{"lab/日本語モデル", "a"}, {"lab/שלום", "b"}}, ""}, nullptr});
  for (const char* words : {"日本語のテキストがここにあります", "👨‍👩‍👧‍👦👩🏽‍💻❤️1️⃣",
                            "שלום עולם", "e\u0301\u0302 z\u0351"}) {
    at(1, token(source_of("answer:lab/שלום", 1, "Member", "answers", "lab/שלום"), words));
    for (std::size_t columns = 10; columns < 160; ++columns) lines({columns, 24}, 1'000);
  }
}
