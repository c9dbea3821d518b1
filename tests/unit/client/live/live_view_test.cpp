#include "client/cli/live/live_view.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/live/transcript.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

const auto ada = source_of("answer:lab/ada", 1, "Member", "answers", "lab/ada");
const auto bob = source_of("answer:lab/bob", 2, "Member", "answers", "lab/bob");
const auto chair = source_of("synthesis:lab/chair", 3, "Chairman", "synthesis", "lab/chair");

Event opening(std::string task = "Which one?") {
  return {TaskStarted{std::move(task), "council", {{"lab/ada", "ada"}, {"lab/bob", "bob"}}, ""}, nullptr};
}

Event plan(int total, std::vector<std::string> pending = {}) {
  TaskProgress progress;
  progress.total_chunks = total;
  progress.pending = std::move(pending);
  return {progress, nullptr};
}

Event merging(const std::shared_ptr<const EventSource>& source) { return {ChunkStarted{"", "merge"}, source}; }

Event warning(const std::shared_ptr<const EventSource>& source, std::string text) {
  SystemMessage message;
  message.level = "warning";
  message.code = "answer_unparseable";
  message.message = std::move(text);
  return {message, source};
}

std::size_t count_of(const std::string& text, std::string_view words) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(words, at)) != text.npos; at += words.size()) ++count;
  return count;
}

}  // namespace

TEST_CASE("the answer grows above the region, and the scrollback has everything once at the end") {
  LiveScreen screen(60, 20);
  screen.show(opening(), 0);
  screen.show(plan(3, {"answer:lab/ada", "answer:lab/bob", "synthesis:lab/chair"}), 0);
  screen.show(started(ada), 10);
  screen.show(started(bob), 10);
  screen.show(token(ada, "Ada's text."), 500);
  screen.show(completed(ada, "Ada's text."), 1'000);
  screen.show(completed(bob, "Bob's text."), 1'500);
  screen.show(plan(3, {"synthesis:lab/chair"}), 1'500);
  screen.show(merging(chair), 1'600);
  screen.show(token(chair, "A finished line.\n\nAn unfinished"), 2'000);
  screen.wait_until(2'500);
  const std::string running = screen.terminal.text();
  CHECK(running.find("A finished line.") < running.find("An unfinished"));
  CHECK(running.find("An unfinished") < running.find("synthesizing"));
  screen.show(token(chair, " one."), 2'600);
  screen.show(completed(chair, "A finished line.\n\nAn unfinished one."), 3'000);
  screen.show(answered("A finished line.\n\nAn unfinished one."), 3'100);
  CHECK(screen.terminal.text() ==
        "▸ Which one?\n"
        "\n"
        "✓ lab/ada · answered · 1.5 s · about 3 output tokens ·\n"
        "  $0.0021\n"
        "✓ lab/bob · answered · 1.5 s · about 3 output tokens ·\n"
        "  $0.0021\n"
        "\n"
        "▸ Chairman · synthesis · 3/3 · lab/chair\n"
        "A finished line.\n"
        "\n"
        "An unfinished one.\n"
        "\n"
        "✓ lab/chair · synthesized · 1.5 s · about 9 output tokens ·\n"
        "  $0.0021\n"
        "Done · consensus · 0 chunks · 3.1 s · 1,234 tokens ·\n"
        "  $0.0123\n");
  CHECK(screen.terminal.state().cursor_visible);
}

TEST_CASE("an answer that is no member's streamed text is written at the end, after the members") {
  LiveScreen screen(60, 20);
  screen.show(opening(), 0);
  screen.show(plan(2), 0);
  screen.show(started(ada), 10);
  screen.show(completed(ada, "# Answer of Ada"), 1'000);
  screen.show(answered("# Answer of Ada"), 1'100);
  const std::string text = screen.terminal.text();
  CHECK(text.find("✓ lab/ada") < text.find("▸ Answer"));
  CHECK(count_of(text, "Answer of Ada") == 1);
  CHECK(text.find("· lab/bob · not called") != text.npos);
}

TEST_CASE("warnings name the member, are written once, and never split text") {
  LiveScreen screen(80, 20);
  screen.show(opening(), 0);
  screen.show(plan(3), 0);
  screen.show(merging(chair), 1);
  screen.show(token(chair, "First line.\nA sentence that"), 200);
  screen.show(warning(ada, "The vote cannot be read."), 300);
  screen.show(warning(ada, "The vote cannot be read."), 400);
  screen.show(token(chair, " continues.\n"), 500);
  screen.show(completed(chair, "First line.\nA sentence that continues.\n"), 600);
  screen.show(answered("First line.\nA sentence that continues."), 700);
  const std::string text = screen.terminal.text();
  CHECK(count_of(text, "lab/ada: The vote cannot be read.\n") == 1);
  CHECK(text.find("A sentence that continues.\n") != text.npos);
}

TEST_CASE("a cancelled run shows the text of every member") {
  LiveScreen screen(60, 20);
  screen.show(opening(), 0);
  screen.show(plan(3), 0);
  screen.show(started(ada), 1);
  screen.show(started(bob), 1);
  screen.show(token(ada, "Half of Ada"), 2);
  screen.show(token(bob, "Half of Bob"), 3);
  screen.show({TaskCancelled{"caller", "cancelled on request", {}}, nullptr}, 500);
  const std::string text = screen.terminal.text();
  CHECK(count_of(text, "Half of Ada\n") == 1);
  CHECK(count_of(text, "Half of Bob\n") == 1);
  CHECK(text.find("– lab/ada · cancelled") != text.npos);
}

TEST_CASE("a view that is destroyed in the middle removes its region and shows the cursor") {
  TerminalEmulator terminal(60, 20);
  TerminalOutput output(terminal);
  ManualTime time;
  {
    LiveView view(output, time, {.size = [] { return ScreenSize{60, 20}; }});
    view.flush();
    CHECK_FALSE(terminal.state().cursor_visible);
  }
  CHECK(terminal.state().cursor_visible);
  CHECK(terminal.text().empty());
}

TEST_CASE("before the program is stopped the region is removed; it is drawn again afterwards") {
  LiveScreen screen(60, 20);
  screen.show(opening(), 0);
  screen.show(plan(3), 0);
  screen.wait_until(1'000);
  screen.view.suspend();
  CHECK(screen.terminal.text() == "▸ Which one?\n");
  CHECK(screen.terminal.state().cursor_visible);
  screen.terminal.write("[1]+  Stopped    plenum\n$ fg\n");
  screen.wait_until(2'000);
  CHECK(screen.terminal.text().find("fg\n") < screen.terminal.text().find("0/3 · 2 s"));
}

TEST_CASE("nothing is written without a change, and at most fifteen frames a second with one") {
  LiveScreen screen(80, 24);
  screen.show(opening(), 0);
  screen.show(plan(3), 0);
  screen.wait_until(1'000);
  const std::size_t frames = screen.output.frames;
  screen.wait_until(11'000);
  CHECK(screen.output.frames - frames <= 150);
  screen.show(answered("x"), 11'000);
  const std::size_t all = screen.output.frames;
  CHECK(screen.view.refresh() > std::chrono::minutes(1));
  screen.view.flush();
  CHECK(screen.output.frames == all);
}

TEST_CASE("ten thousand tokens a second cost a bounded number of frames and bytes, and the last frame is right") {
  LiveScreen screen(100, 30);
  TaskStarted task{"Count", "raw", {}, ""};
  std::vector<std::shared_ptr<const EventSource>> sources;
  for (int i = 0; i < 5; ++i) {
    const std::string member = fmt::format("lab/m{}", i);
    task.members.push_back({member, member});
    sources.push_back(source_of("answer:" + member, i + 1, "Member", "answers", member));
  }
  screen.show({task, nullptr}, 0);
  screen.show(plan(6), 0);
  for (const auto& source : sources) screen.show(started(source), 0);
  constexpr int seconds = 3, tokens = 2'000;  // of each member in a second
  for (int i = 0; i < seconds * tokens; ++i) {
    for (const auto& source : sources) screen.show(token(source, fmt::format("w{} ", i)), i / 2);
  }
  screen.wait_until(seconds * 1'000 + 200);
  CHECK(screen.output.frames <= seconds * 15);
  CHECK(screen.output.bytes <= screen.output.frames * 2'000);
  CHECK(screen.output.largest_frame <= 4'096);  // one write
  const std::string text = screen.terminal.text();
  CHECK(count_of(text, fmt::format("w{}\n", seconds * tokens - 1)) == 5);
}

TEST_CASE("hostile text changes neither title, clipboard, modes and colors nor the cursor") {
  const char* payloads[] = {"\x1b]0;title\x07",
                            "\x1b]2;title\x1b\\",
                            "\x1b]52;c;aGk=\x07",
                            "\x1b[?1049h",
                            "\x1b[?25l",
                            "\x1b[31m",
                            "\x1b[2J\x1b[H",
                            "\x1b[?1000h",
                            "\x1bP+q544e\x1b\\",
                            "\x9b"
                            "31m",
                            "\xc2\x9b"
                            "31m",
                            "\xc2\x9d"
                            "0;title\xc2\x9c",
                            "\x1b"
                            "c",
                            "\x1b(0",
                            "\x0e",
                            "\r\r\r",
                            "\b\b\b",
                            "\x1b[1000D",
                            "\x1b[?7l",
                            "\u202e\u2066",
                            "\xff\xfe",
                            "\x1b_G\x1b\\",
                            "\x7f",
                            "\x1b[6n"};
  for (const char* payload : payloads) {
    for (const bool color : {false, true}) {
      LiveScreen screen(60, 20, color);
      const std::string text = std::string("before ") + payload + " after";
      const auto hostile = source_of(text, 1, text, text, text);
      TaskStarted task{text, text, {{text, text}, {"lab/b", "b"}}, ""};
      screen.show({task, nullptr}, 0);
      screen.show(plan(2), 0);
      screen.show({ChunkStarted{text, "merge"}, hostile}, 10);
      screen.show(token(hostile, text + "\n" + text), 500);
      screen.show(warning(hostile, text), 600);
      screen.wait_until(900);
      ChunkCompleted done;
      done.output = text + "\n" + text;
      done.error = ErrorInfo{"server", text, text, false, {}};
      done.sources = {{text, text}};
      screen.show({done, hostile}, 1'000);
      TaskError end;
      end.error = {"server", text, text, false, {}};
      end.result.answer = text;
      end.result.skipped = {{text, text}};
      screen.show({end, nullptr}, 1'100);
      const TerminalState state = screen.terminal.state();
      CHECK(state.title.empty());
      CHECK(state.unknown.empty());
      CHECK(state.cursor_visible);
      CHECK_FALSE(state.alternate_screen);
      CHECK_FALSE(state.mouse);
      CHECK(state.default_pen);
      CHECK(screen.terminal.cursor_column() == 0);
      screen.terminal.write(std::string(70, 'x'));  // automatic wrapping is on
      CHECK(screen.terminal.text().find(std::string(60, 'x') + "\n" + std::string(10, 'x')) != std::string::npos);
    }
  }
}
