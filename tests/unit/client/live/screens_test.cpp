// What users see of recorded runs, at several widths, compared with files in tests/data/screens.
// The transcripts are from `plenum run --json`, with shorter names and without fields that the view does not use.
// PLENUM_GOLDEN_UPDATE=1 records them again: review the difference before committing it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/unit/client/live/transcript.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

struct Recording {
  const char* name;
  std::vector<std::int64_t> moments_ms;
};

const std::vector<Recording>& recordings() {
  static const std::vector<Recording> all = {
      {"council", {900, 2'000, 5'000, 8'400}}, {"consensus", {1'000, 2'500}}, {"debate", {2'000, 6'500}},
      {"degraded", {500, 1'500, 6'500}},       {"cancelled", {3'000}},        {"silence", {3'000, 6'100}},
  };
  return all;
}

constexpr std::size_t widths[] = {40, 80, 140};

std::string screens_of(const Recording& recording, std::size_t columns) {
  const std::vector<std::string> events = transcript(recording.name);
  LiveScreen screen(columns, 24);
  std::string text;
  for (const std::int64_t moment : recording.moments_ms) {
    screen.play(events, moment);
    text += fmt::format("=== after {} ms\n{}", moment, screen.terminal.text());
  }
  screen.play(events);
  return text + "=== at the end\n" + screen.terminal.text();
}

void compare(const std::string& name, const std::string& screens) {
  const std::string path = std::string(SCREENS_DIR) + "/" + name + ".txt";
  if (std::getenv("PLENUM_GOLDEN_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << screens;
  std::ifstream file(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  CHECK_MESSAGE(screens == golden,
                "differs from " << path << ": review `PLENUM_GOLDEN_UPDATE=1 unit_live` with git diff");
}

}  // namespace

TEST_CASE("recorded runs look as they did, at 40, 80 and 140 columns") {
  for (const Recording& recording : recordings()) {
    for (const std::size_t columns : widths)
      compare(fmt::format("{}.{}", recording.name, columns), screens_of(recording, columns));
  }
}

TEST_CASE("a resize in the middle of a run removes every line of the old region") {
  const std::vector<std::string> events = transcript("council");
  LiveScreen screen(100, 30);
  screen.play(events, 2'000);
  screen.resize(60, 20);
  screen.play(events, 4'000);
  std::string text = "=== from 100 x 30 to 60 x 20\n" + screen.terminal.text();
  screen.resize(120, 40);
  screen.play(events, 8'400);
  text += "=== to 120 x 40\n" + screen.terminal.text();
  screen.play(events);
  compare("resize", text + "=== at the end\n" + screen.terminal.text());
}

TEST_CASE("a lost connection is reported above the region, which continues") {
  const std::vector<std::string> events = transcript("council");
  LiveScreen screen(80, 24);
  screen.play(events, 1'000);
  screen.view.notice(client::Notice::warning,
                     "the connection to http://127.0.0.1:8080 ended before the stream did; "
                     "trying again in 0.3 s.");
  screen.view.flush();
  screen.wait_until(1'600);
  std::string text = "=== while the connection is lost\n" + screen.terminal.text();
  screen.view.notice(client::Notice::progress, "Connected again.");
  screen.play(events, 2'500);
  text += "=== after the connection was made again\n" + screen.terminal.text();
  screen.play(events);
  compare("reconnect", text + "=== at the end\n" + screen.terminal.text());
}

TEST_CASE("a view that is left writes the text of every member, and nothing of the region") {
  const std::vector<std::string> events = transcript("council");
  LiveScreen screen(80, 24);
  screen.play(events, 2'000);
  screen.view.leave();
  screen.view.flush();
  screen.view.notice(client::Notice::error, "Exiting. The task continues. Read it again with: plenum attach last");
  screen.view.flush();
  compare("left", screen.terminal.text());
  CHECK(screen.terminal.state().cursor_visible);
  CHECK(screen.view.shown_through() > 0);
}
