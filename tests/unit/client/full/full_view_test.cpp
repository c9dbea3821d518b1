// What users see of a run on the whole screen, and what keys do, on a terminal without a window. The screens are
// compared with files in tests/data/screens; PLENUM_GOLDEN_UPDATE=1 records them again: review the difference before
// committing.
#include "client/cli/full/full_view.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/live/transcript.h"

using namespace plenum;
using namespace plenum::tests;
using client::ViewRequest;

namespace {

struct Keys {
  std::string pressed;
  bool raw = false;
  bool gone = false;
};

class ScriptedKeyboard final : public client::Keyboard {
 public:
  explicit ScriptedKeyboard(Keys& keys) : keys_(keys) {}
  int fd() const override { return -1; }
  void enable() override { keys_.raw = true; }
  void restore() override { keys_.raw = false; }
  std::optional<std::string> read() override {
    if (keys_.gone) return std::nullopt;
    return std::exchange(keys_.pressed, {});
  }

 private:
  Keys& keys_;
};

class FullScreen {
 public:
  FullScreen(std::size_t columns, std::size_t rows)
      : terminal(columns, rows),
        size_{columns, rows},
        view(output, std::make_unique<ScriptedKeyboard>(keys), time,
             {.color = false, .reflows = false, .size = [this] { return size_; }}) {
    terminal.write("$ plenum run --full\n");
  }

  void play(const std::vector<std::string>& events, std::int64_t until_ms = std::int64_t{1} << 40) {
    for (; next_ < events.size(); ++next_) {
      const Result<ReceivedEvent> event = parse_event(events[next_]);
      REQUIRE(event);
      if (event->t_ms > until_ms) break;
      wait_until(event->t_ms);
      view.on_event(*event, events[next_]);
      view.flush();
    }
    view.refresh();
  }
  void show(const Event& event, std::int64_t t_ms) {
    wait_until(t_ms);
    const std::string json = event_json(event, ++seq_, t_ms);
    const Result<ReceivedEvent> received = parse_event(json);
    REQUIRE(received);
    view.on_event(*received, json);
    view.flush();
  }
  void wait_until(std::int64_t t_ms) {
    while (time.since_start().count() < t_ms) {
      const milliseconds left(t_ms - time.since_start().count());
      time.pause(std::min(left, view.refresh()));
    }
  }
  void press(const std::string& pressed) {
    keys.pressed = pressed;
    view.refresh();
  }
  void resize(std::size_t columns, std::size_t rows) {
    size_ = {columns, rows};
    terminal.resize(columns, rows);
    time.pause(client::LiveView::frame_interval);
    view.refresh();
  }
  std::string screen() const {
    std::string text;
    for (const std::string& line : terminal.screen()) text += line + "\n";
    return text;
  }

  TerminalEmulator terminal;
  TerminalOutput output{terminal};
  ManualTime time;
  Keys keys;

 private:
  client::ScreenSize size_;
  std::size_t next_ = 0;  // event of the transcript
  std::uint64_t seq_ = 0;

 public:
  client::FullView view;
};

void compare_screens(const std::string& name, const std::string& screens) {
  const std::string path = std::string(SCREENS_DIR) + "/" + name + ".txt";
  if (std::getenv("PLENUM_GOLDEN_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << screens;
  std::ifstream file(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  CHECK_MESSAGE(screens == golden,
                "differs from " << path << ": review `PLENUM_GOLDEN_UPDATE=1 unit_full` with git diff");
}

}  // namespace

TEST_CASE("a council on the whole screen looks as it did, at 40, 80 and 140 columns") {
  const std::vector<std::string> events = transcript("council");
  for (const std::size_t columns : {40U, 80U, 140U}) {
    FullScreen full(columns, 24);
    std::string text;
    const auto add = [&](const char* what) { text += fmt::format("=== {}\n{}", what, full.screen()); };
    full.play(events, 2'000);
    add("after 2 s");
    full.press("2g");
    add("2, g");
    full.press("\r");
    add("Enter");
    full.press("\r?");
    add("Enter, ?");
    full.press("xs");
    add("s");
    full.press("n/the");
    add("n, /the");
    full.press("\r");
    add("Enter");
    full.play(events);
    add("at the end");
    full.press("9G");
    full.press("\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B");
    add("down to the answer");
    full.press("q");
    text += fmt::format("=== after q\n{}", full.terminal.text());
    compare_screens(fmt::format("full.{}", columns), text);
    CHECK(!full.terminal.state().alternate_screen);
    CHECK(full.terminal.state().cursor_visible);
    CHECK(!full.keys.raw);
    CHECK(!full.view.stays_open());
  }
}

TEST_CASE("without a key the view follows what is being written") {
  const std::vector<std::string> events = transcript("council");
  FullScreen full(80, 24);
  full.play(events);
  CHECK(full.screen().find("▪ Answer") != std::string::npos);
  CHECK(full.screen().find("── Answer") != std::string::npos);
  CHECK(full.screen().find("The run has ended.") != std::string::npos);
}

TEST_CASE("the scrollback after the whole screen is that of the live view") {
  const std::vector<std::string> events = transcript("council");
  FullScreen full(80, 24);
  full.play(events);
  full.press("q");
  LiveScreen live(80, 24);
  live.terminal.write("$ plenum run --full\n");
  live.play(events);
  CHECK(full.terminal.text() == live.terminal.text());
}

TEST_CASE("a resize redraws everything, in both layouts") {
  const std::vector<std::string> events = transcript("council");
  FullScreen full(140, 30);
  full.play(events, 3'000);
  full.resize(60, 15);
  full.resize(140, 30);
  full.resize(60, 15);
  FullScreen same(60, 15);
  same.play(events, 3'000);
  same.time.pause(3 * client::LiveView::frame_interval);
  same.view.refresh();
  CHECK(full.screen() == same.screen());
  full.resize(20, 3);
  CHECK(full.terminal.screen().size() == 3);
}

TEST_CASE("skip and cancel are requested after a yes, and leaving while the run continues") {
  const std::vector<std::string> events = transcript("council");
  FullScreen full(80, 24);
  full.play(events, 2'000);
  CHECK(!full.view.take_request());
  full.press("2sy");
  const auto skip = full.view.take_request();
  REQUIRE(skip);
  CHECK(skip->kind == ViewRequest::Kind::skip);
  CHECK(full.screen().find(skip->member) != std::string::npos);
  full.press("cy");
  CHECK(full.view.take_request().value_or(ViewRequest{}).kind == ViewRequest::Kind::cancel);
  full.press("d");
  CHECK(full.view.take_request().value_or(ViewRequest{ViewRequest::Kind::cancel, {}}).kind == ViewRequest::Kind::leave);
  CHECK(full.terminal.state().alternate_screen);
  full.view.leave();
  full.view.notice(client::Notice::progress, "The task continues.");
  full.view.flush();
  CHECK(!full.terminal.state().alternate_screen);
  CHECK(full.terminal.text().ends_with("The task continues.\n"));
}

TEST_CASE("a message of the client is shown on the screen, and stays in the scrollback") {
  const std::vector<std::string> events = transcript("council");
  FullScreen full(80, 24);
  full.play(events, 1'000);
  full.view.notice(client::Notice::warning, "the connection was lost; trying again in 0.3 s.");
  full.view.flush();
  CHECK(full.screen().find("the connection was lost") != std::string::npos);
  full.play(events);
  full.press("q");
  CHECK(full.terminal.text().find("the connection was lost") != std::string::npos);
}

TEST_CASE("wide and combining characters do not move the columns, and no text controls the terminal") {
  TaskStarted opening;
  opening.task = "哪一个？\x1b]0;title\x07 \xe2\x80\xaeright";
  opening.workflow = "synthesize";
  opening.members = {{"lab/中文模型", "中文模型"}, {"lab/e\u0301te\u0301", "e\u0301te\u0301"}};
  const auto chinese = source_of("answer:a", 1, "Member", "answers", "lab/中文模型");
  const auto french = source_of("answer:b", 2, "Member", "answers", "lab/e\u0301te\u0301");
  for (const std::size_t columns : {120U, 40U}) {
    FullScreen full(columns, 16);
    full.show({opening, nullptr}, 0);
    full.show(started(chinese), 10);
    full.show(started(french), 10);
    full.show(token(chinese,
                    "# 标题\n\n这是一个很长的句子，没有空格，必须在字符之间换行，不能超出屏幕的宽度。😀 "
                    "e\u0301\n\n\x1b[31mred\n"),
              500);
    full.wait_until(1'000);
    for (const std::string& line : full.terminal.screen()) {
      if (columns < 100 || line.find("│") == std::string::npos) continue;
      CHECK(client::display_width(line.substr(0, line.find("│"))) == 44);
    }
    const std::string screen = full.screen();
    CHECK(screen.find("# 标题") != std::string::npos);
    CHECK(screen.find("␛[31mred") != std::string::npos);
    CHECK(full.terminal.state().title.empty());
    CHECK(full.terminal.state().unknown.empty());
    full.press("/标\r");
    CHECK(full.screen() != "");
    full.view.leave();
    CHECK(full.terminal.state().default_pen);
  }
}

TEST_CASE("Ctrl-Z gives the screen back, and the view is drawn again afterwards") {
  const std::vector<std::string> events = transcript("council");
  FullScreen full(80, 24);
  full.play(events, 1'000);
  const std::string before = full.screen();
  full.view.suspend();
  CHECK(full.terminal.text() == "$ plenum run --full\n");
  CHECK(!full.keys.raw);
  full.wait_until(1'100);
  CHECK(full.terminal.state().alternate_screen);
  CHECK(full.keys.raw);
}

TEST_CASE("a terminal that is gone ends the view, not the task") {
  const std::vector<std::string> events = transcript("council");
  FullScreen full(80, 24);
  full.play(events, 1'000);
  full.keys.gone = true;
  full.view.refresh();
  CHECK(full.view.take_request().value_or(ViewRequest{ViewRequest::Kind::cancel, {}}).kind == ViewRequest::Kind::leave);
}

TEST_CASE("a view that is destroyed restores the terminal") {
  TerminalEmulator terminal(80, 24);
  Keys keys;
  {
    TerminalOutput output(terminal);
    ManualTime time;
    client::FullView view(output, std::make_unique<ScriptedKeyboard>(keys), time,
                          {.color = true, .reflows = false, .size = [] {
                             return client::ScreenSize{80, 24};
                           }});
    view.refresh();
    CHECK(terminal.state().alternate_screen);
    CHECK(keys.raw);
  }
  CHECK(!terminal.state().alternate_screen);
  CHECK(terminal.state().cursor_visible);
  CHECK(!keys.raw);
}
