#include "client/cli/render/plain_view.h"

#include <doctest/doctest.h>

#include "client/cli/render/format.h"
#include "client/cli/render/json_view.h"
#include "client/cli/tables/status_text.h"
#include "common/json/json_access.h"
#include "tests/unit/client/client_fixtures.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

const auto ada = source_of("answer:lab/ada", 1, "Ada", "answers", "lab/ada");
const auto bob = source_of("answer:lab/bob", 2, "Bob", "answers", "lab/bob");
const auto cyd = source_of("answer:lab/cyd", 3, "Cyd", "answers", "lab/cyd");

// Passes events through their encoded form to a view.
struct ViewFixture {
  RecordingOutput output;

  void show(PlainViewOptions options, std::vector<Event> events) {
    PlainView view(output, options);
    const ScriptedStream stream(events);
    for (std::uint64_t seq = 1; seq <= stream.size(); ++seq) {
      const std::string json = stream.json(seq);
      view.on_event(*parse_event(json), json);
    }
  }
};

constexpr PlainViewOptions terminal{.live = true, .out_is_terminal = true};
constexpr PlainViewOptions pipe{};

Event opening() { return {TaskStarted{"task", "consensus", {}, ""}, nullptr}; }

Event plan(int total) {
  TaskProgress progress;
  progress.total_chunks = total;
  return {progress, nullptr};
}

Event failed(const std::shared_ptr<const EventSource>& source, std::string output = {}) {
  ChunkCompleted chunk;
  chunk.status = ChunkStatus::error;
  chunk.output = std::move(output);
  chunk.latency_ms = 2'000;
  chunk.error = ErrorInfo{"overloaded", "the provider is overloaded", "Try again later", true, {}};
  return {std::move(chunk), source};
}

}  // namespace

TEST_CASE_FIXTURE(ViewFixture, "one member on a terminal: its text as it arrives, without a repeated answer") {
  show(terminal, {opening(), plan(1), started(ada), token(ada, "Hel"), token(ada, "lo\n"), completed(ada, "Hello\n"),
                  answered("Hello")});
  CHECK(output.screen ==
        "Workflow: consensus\n"
        "Plan: 1 chunk\n"
        "\n"
        "▸ Ada · answers · 1/1 · lab/ada\n"
        "Hello\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n"
        "Done · consensus · 1 chunk · 0.7 s · 1,234 tokens · $0.0123\n");
  CHECK(output.out_text == "Hello\n");
}

TEST_CASE_FIXTURE(ViewFixture, "the plan states the estimates, and that a cost was estimated from prices") {
  TaskProgress history, prices;
  history.total_chunks = prices.total_chunks = 4;
  history.estimated_time = 12.34;
  history.estimated_cost = prices.estimated_cost = Cost{0.0123, CostOrigin::estimated};
  history.estimate_origin = "history";
  prices.estimate_origin = "prices";
  show(terminal, {{history, nullptr}});
  CHECK(output.screen == "Plan: 4 chunks · about 12.3 s · about $0.0123\n");
  output.screen.clear();
  show(terminal, {{prices, nullptr}});
  CHECK(output.screen == "Plan: 4 chunks · about $0.0123 from prices\n");
}

TEST_CASE_FIXTURE(ViewFixture, "members that answer concurrently are shown one after the other") {
  show(terminal,
       {plan(3), token(ada, "a1 "), token(bob, "b1 "), token(cyd, "c1 "), token(ada, "a2"), token(bob, "b2"),
        completed(bob, "b1 b2"), completed(ada, "a1 a2"), token(cyd, "c2"), completed(cyd, "c1 c2"), answered("all")});
  CHECK(output.screen ==
        "Plan: 3 chunks\n"
        "\n"
        "▸ Ada · answers · 1/3 · lab/ada\n"
        "a1 a2\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n"
        "\n"
        "▸ Bob · answers · 2/3 · lab/bob\n"
        "b1 b2\n"
        "✓ Bob · lab/bob · 1.5 s · 42 tokens · $0.0021\n"
        "\n"
        "▸ Cyd · answers · 3/3 · lab/cyd\n"
        "c1 c2\n"
        "✓ Cyd · lab/cyd · 1.5 s · 42 tokens · $0.0021\n"
        "\n"
        "▸ Answer\n"
        "all\n"
        "Done · consensus · 3 chunks · 1.1 s · 1,234 tokens · $0.0123\n");
}

TEST_CASE_FIXTURE(ViewFixture, "once the live member ends, a finished one is shown before an unfinished one") {
  show(terminal, {token(ada, "a"), token(bob, "b"), token(cyd, "c"), completed(cyd, "c"), completed(ada, "a")});
  CHECK(output.out_text == "a\nc\nb");
}

TEST_CASE_FIXTURE(ViewFixture, "a failure has cause and remedy, and a degraded answer its reasons") {
  TaskCompleted end;
  end.result.workflow = "consensus";
  end.result.answer = "from ada";
  end.result.degraded = true;
  end.result.reasons = {"Bob failed"};
  end.result.skipped = {{"lab/cyd", "no key"}};
  end.result.rounds_json =
      R"([{"round":0,"chunks":[]},{"round":1,"chunks":[],"similarity":0.944,"ended":"converged"}])";
  show(terminal, {token(ada, "from ada"), failed(bob), completed(ada, "from ada"), {end, nullptr}});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "from ada\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n"
        "✗ Bob · lab/bob · failed after 2.0 s: the provider is overloaded. Try again later.\n"
        "Without lab/cyd: no key.\n"
        "Rounds: 1, converged (similarity 0.94)\n"
        "Degraded: Bob failed.\n"
        "Done, degraded · consensus · 2 chunks · 0.4 s · tokens unknown · cost unknown\n");
}

TEST_CASE_FIXTURE(ViewFixture, "a verdict is shown in short lines after the answer, with its computed consensus") {
  TaskCompleted end;
  end.result.workflow = "elite";
  end.result.answer = "from ada";
  end.result.verdict_json =
      R"({"headline":"Tabs","recommendation":"Take tabs.","consensus":{"score":0.6667,"label":"majority"},)"
      R"("positions":[{"label":"tabs","members":["lab/ada","lab/bob"]},{"label":"spaces","members":["lab/cyd"]}],)"
      R"("votes":[{},{},{}],"conflicts":[{"topic":"width","position_labels":["tabs","spaces"]}],)"
      R"("minority_reports":[{"members":["lab/cyd"],"claim":"Diffs\nbreak."}],"caveats":["Old tools"]})";
  end.result.readiness_json = R"({"status":"ready","reasons":[]})";
  show(pipe, {{end, nullptr}});
  CHECK(output.out_text == "from ada\n");
  CHECK(output.err_text ==
        "Verdict: Tabs\n"
        "  Recommendation: Take tabs.\n"
        "  Consensus: majority (0.67), 2 of 3 members\n"
        "  Position tabs: lab/ada, lab/bob\n"
        "  Position spaces: lab/cyd\n"
        "  Conflict: width (tabs / spaces)\n"
        "  Minority view of lab/cyd: Diffs break.\n"
        "  Caveat: Old tools\n"
        "Readiness: ready\n"
        "Done · elite · 0 chunks · 0.1 s · tokens unknown · cost unknown\n");
}

TEST_CASE_FIXTURE(ViewFixture,
                  "a result that is not ready names its reasons, and an open-ended question has no verdict") {
  TaskCompleted end;
  end.result.readiness_json = R"({"status":"not_ready","reasons":["phase.audits.quorum_not_met"]})";
  show(pipe, {{end, nullptr}});
  CHECK(output.err_text.starts_with("Readiness: not ready (phase.audits.quorum_not_met)\n"));
  output.err_text.clear();
  end.result.readiness_json.clear();
  end.result.verdict_absent_reason = "open_ended";
  show(pipe, {{end, nullptr}});
  CHECK(output.err_text.starts_with("No verdict: the question is open-ended.\n"));
}

TEST_CASE_FIXTURE(ViewFixture, "failures are red if color is on") {
  PlainViewOptions options = pipe;
  options.color = true;
  show(options, {failed(bob)});
  CHECK(output.err_text.starts_with("\x1b[31m✗ Bob"));
}

TEST_CASE_FIXTURE(ViewFixture, "a failed task shows the partial text, then the error") {
  TaskError end;
  end.error = {"overloaded", "no member answered", "Try again later", true, {}};
  end.result.workflow = "single";
  show(terminal, {token(ada, "half"), failed(ada, "half"), {end, nullptr}});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "half\n"
        "✗ Ada · lab/ada · failed after 2.0 s: the provider is overloaded. Try again later.\n"
        "Error: no member answered. Try again later.\n"
        "Failed · single · 1 chunk · 0.3 s · tokens unknown · cost unknown\n");
}

TEST_CASE_FIXTURE(ViewFixture, "a cancelled task shows all buffered text") {
  TaskCancelled end{"user", "Ctrl-C", {}};
  show(terminal, {token(ada, "a..."), token(bob, "b..."), {end, nullptr}});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "a...\n"
        "\n"
        "▸ Bob · answers · 2 · lab/bob\n"
        "b...\n"
        "Cancelled by user: Ctrl-C.\n"
        "Cancelled · 0 chunks · 0.3 s · tokens unknown · cost unknown\n");
}

TEST_CASE_FIXTURE(ViewFixture, "a pipe receives only the answer, byte for byte; progress goes to standard error") {
  show(pipe, {opening(), plan(2), started(ada), started(bob), token(ada, "x"), token(bob, "y"), completed(bob, "y"),
              failed(ada), answered("esc \x1b[1m ü\r\n")});
  CHECK(output.out_text == "esc \x1b[1m ü\r\n");
  CHECK(output.err_text ==
        "Workflow: consensus\n"
        "Plan: 2 chunks\n"
        "▸ Ada · answers · 1/2 · lab/ada\n"
        "▸ Bob · answers · 2/2 · lab/bob\n"
        "✓ Bob · lab/bob · 1.5 s · 42 tokens · $0.0021\n"
        "✗ Ada · lab/ada · failed after 2.0 s: the provider is overloaded. Try again later.\n"
        "Done · consensus · 2 chunks · 0.9 s · 1,234 tokens · $0.0123\n");
}

TEST_CASE_FIXTURE(ViewFixture, "a pipe receives a final newline if the answer has none") {
  show(pipe, {answered("answer")});
  CHECK(output.out_text == "answer\n");
}

TEST_CASE_FIXTURE(ViewFixture, "a cancelled task writes the last text to a pipe") {
  TaskCancelled end;
  end.result.answers.resize(2);
  end.result.answers[0].text = "partial";
  show(pipe, {token(ada, "partial"), {end, nullptr}});
  CHECK(output.out_text == "partial\n");
}

TEST_CASE_FIXTURE(ViewFixture, "quiet shows only the answer and errors") {
  PlainViewOptions quiet;
  quiet.progress = false;
  quiet.out_is_terminal = true;
  TaskError end;
  end.error = {"timeout", "too late", "", false, {}};
  show(quiet, {opening(), plan(1), started(ada), failed(ada), {end, nullptr}});
  CHECK(output.screen == "Error: too late.\n");
  output = {};
  show(quiet, {opening(), started(ada), completed(ada, "yes"), answered("yes")});
  CHECK(output.screen == "yes\n");
}

TEST_CASE_FIXTURE(ViewFixture, "reasoning is counted, not shown") {
  show(terminal, {token(ada, "hmm ", TokenKind::reasoning), token(ada, "ähm", TokenKind::reasoning), token(ada, "yes"),
                  completed(ada, "yes"), answered("yes")});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "(thinking)\n"
        "yes\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021 · 7 characters of reasoning not shown\n"
        "Done · consensus · 1 chunk · 0.5 s · 1,234 tokens · $0.0123\n");
}

TEST_CASE_FIXTURE(ViewFixture, "with show_reasoning, reasoning is shown apart from the text") {
  PlainViewOptions options = terminal;
  options.show_reasoning = true;
  show(options, {token(ada, "hmm", TokenKind::reasoning), token(ada, "yes"), completed(ada, "yes")});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "hmm\n"
        "\n"
        "yes\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n");
  CHECK(output.out_text == "yes\n");
}

TEST_CASE_FIXTURE(ViewFixture, "the text of a discarded attempt is marked, and the next attempt has its own heading") {
  show(terminal, {token(ada, "wro"),
                  {ChunkReset{"overloaded", "lab/eve", "lab/eve", {}, {}, 0}, ada},
                  token(ada, "right"),
                  completed(ada, "right")});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "wro\n"
        "↻ Ada (lab/ada): attempt discarded: overloaded; next lab/eve. Ignore its text above\n"
        "\n"
        "▸ Ada · answers · 1 · lab/ada\n"
        "right\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n");
}

TEST_CASE_FIXTURE(ViewFixture, "buffered text of a discarded attempt is not shown") {
  show(terminal, {token(ada, "a"),
                  token(bob, "wrong"),
                  {ChunkReset{"overloaded", "", "", {}, {}, 0}, bob},
                  token(bob, "right"),
                  completed(ada, "a"),
                  completed(bob, "right")});
  CHECK(output.screen.find("wrong") == std::string::npos);
  CHECK(output.out_text == "a\nright\n");
}

TEST_CASE_FIXTURE(ViewFixture,
                  "messages wait for the end of the text, warnings for the end of the line, and come once") {
  const auto message = [](std::string level, std::string text) {
    SystemMessage value;
    value.level = std::move(level);
    value.code = "note";
    value.message = std::move(text);
    return Event{value, bob};
  };
  show(terminal, {token(ada, "one "), message("info", "later"), message("warning", "soon"), token(ada, "two"),
                  message("warning", "soon"), token(ada, " three\nfour"), completed(ada, "one two three\nfour")});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "one two three\n"
        "Bob (lab/bob): soon\n"
        "four\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n"
        "Bob (lab/bob): later\n");
}

TEST_CASE_FIXTURE(ViewFixture, "a warning without a line end waits for the end of the text at most") {
  show(terminal, {token(ada, "one "),
                  {SystemMessage{"warning", "note", "soon", {}}, nullptr},
                  token(ada, "two"),
                  completed(ada, "one two")});
  CHECK(output.screen.ends_with("one two\n✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\nsoon\n"));
}

TEST_CASE_FIXTURE(ViewFixture, "a chunk that was retried states its attempts and the time of all of them") {
  const Event retry{SystemMessage{"warning", "retry", "Rate limit; retrying in 1 s (attempt 2)", "\"attempt\":2"}, bob};
  const Event again{SystemMessage{"warning", "retry", "Rate limit; retrying in 1 s (attempt 3)", "\"attempt\":3"}, bob};
  Event end = failed(bob);
  std::get<ChunkCompleted>(end.payload).latency_ms = 0;
  show(pipe, {started(bob), retry, again, end});  // an event each 0.1 s
  CHECK(output.err_text ==
        "▸ Bob · answers · 2 · lab/bob\n"
        "Bob (lab/bob): Rate limit; retrying in 1 s (attempt 2)\n"
        "Bob (lab/bob): Rate limit; retrying in 1 s (attempt 3)\n"
        "✗ Bob · lab/bob · failed after 0.3 s and 3 attempts: the provider is overloaded. Try again later.\n");
}

TEST_CASE_FIXTURE(ViewFixture, "the error of a task that is that of its chunk is written once") {
  TaskError end;
  end.error = {"overloaded", "Bob (answer:lab/bob): the provider is overloaded", "Try again later", true, {}};
  show(pipe, {failed(bob), {end, nullptr}});
  CHECK(output.err_text ==
        "✗ Bob · lab/bob · failed after 2.0 s: the provider is overloaded. Try again later.\n"
        "Failed · 1 chunk · 0.2 s · tokens unknown · cost unknown\n");
}

TEST_CASE_FIXTURE(ViewFixture, "an answer from the cache has no plan") {
  show(pipe,
       {opening(), {SystemMessage{"info", "cache_hit", "The answer comes from the cache.", {}}, nullptr}, plan(2)});
  CHECK(output.err_text == "Workflow: consensus\nThe answer comes from the cache.\n");
}

TEST_CASE_FIXTURE(ViewFixture, "the notice of a stopping server is in the words of the client, and comes once") {
  const Event draining{SystemMessage{"warning", "draining", "Reconnect with the id of the last event.", {}}, nullptr};
  show(terminal, {token(ada, "one"), draining, draining, token(ada, " two\n"), completed(ada, "one two\n")});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "one two\n"
        "The server is shutting down; plenum reconnects when it is back.\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n");
}

TEST_CASE_FIXTURE(ViewFixture, "quiet states why an answer is degraded, on one line of standard error") {
  PlainViewOptions quiet;
  quiet.progress = false;
  TaskCompleted end;
  end.result.answer = "from ada";
  end.result.degraded = true;
  end.result.reasons = {"Bob failed", "Cyd was skipped"};
  show(quiet, {failed(bob), {end, nullptr}});
  CHECK(output.out_text == "from ada\n");
  CHECK(output.err_text == "Degraded: Bob failed. Cyd was skipped.\n");
}

TEST_CASE_FIXTURE(ViewFixture, "reasoning is shown on standard error also if standard output is a pipe") {
  PlainViewOptions options = pipe;
  options.show_reasoning = true;
  show(options, {plan(2), started(ada), started(bob), token(ada, "hmm", TokenKind::reasoning),
                 token(bob, "well\n", TokenKind::reasoning), token(ada, "yes"), completed(ada, "yes"), token(bob, "no"),
                 completed(bob, "no"), answered("yes")});
  CHECK(output.out_text == "yes\n");
  CHECK(output.err_text ==
        "Plan: 2 chunks\n"
        "▸ Ada · answers · 1/2 · lab/ada\n"
        "hmm\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n"
        "▸ Bob · answers · 2/2 · lab/bob\n"
        "well\n"
        "✓ Bob · lab/bob · 1.5 s · 42 tokens · $0.0021\n"
        "Done · consensus · 2 chunks · 1.0 s · 1,234 tokens · $0.0123\n");
}

TEST_CASE_FIXTURE(ViewFixture,
                  "what was shown ends before the oldest text that is held back, and after all of it once left") {
  PlainView view(output, terminal);
  const ScriptedStream stream({started(ada), token(ada, "a1 "), token(bob, "b1 "), token(ada, "a2 ")});
  std::vector<std::uint64_t> shown;
  CHECK_FALSE(view.shown_through().has_value());
  for (std::uint64_t seq = 1; seq <= stream.size(); ++seq) {
    const std::string json = stream.json(seq);
    view.on_event(*parse_event(json), json);
    shown.push_back(view.shown_through().value_or(0));
  }
  CHECK(shown == std::vector<std::uint64_t>{1, 2, 2, 2});
  view.leave();
  CHECK(view.shown_through() == 4);
  CHECK(output.out_text == "a1 a2 \nb1 \n");
  PlainView piped(output, pipe);
  const std::string json = stream.json(1);
  piped.on_event(*parse_event(json), json);
  CHECK_FALSE(piped.shown_through().has_value());  // texts of members are not written
}

TEST_CASE_FIXTURE(ViewFixture, "a repair is announced before its reply, a continuation does not split the text") {
  const auto follow_up = [](std::string code, std::string text) {
    return Event{SystemMessage{"info", std::move(code), std::move(text), R"("attempt":2,"offset":4)"}, ada};
  };
  show(terminal,
       {token(ada, "one "), follow_up("continuation", "The answer is continued."), token(ada, "two"),
        follow_up("repair", "The vote cannot be read."), token(ada, "VOTE: A"), completed(ada, "one twoVOTE: A")});
  CHECK(output.screen ==
        "▸ Ada · answers · 1 · lab/ada\n"
        "one two\n"
        "Ada (lab/ada): The vote cannot be read.\n"
        "VOTE: A\n"
        "✓ Ada · lab/ada · 1.5 s · 42 tokens · $0.0021\n"
        "Ada (lab/ada): The answer is continued.\n");
}

TEST_CASE_FIXTURE(ViewFixture, "a message of one chunk names its member") {
  show(pipe, {{SystemMessage{"warning", "retry", "temperature was rejected; calling again without temperature",
                             R"("parameter":"temperature")"},
               bob}});
  CHECK(output.err_text == "Bob (lab/bob): temperature was rejected; calling again without temperature\n");
}

TEST_CASE_FIXTURE(ViewFixture, "an answer without deltas is shown whole") {
  show(terminal, {started(ada), completed(ada, "cached"), answered("cached")});
  CHECK(output.out_text == "cached\n");
}

TEST_CASE_FIXTURE(ViewFixture, "the sources of an answer are listed below it, under the numbers that the text cites") {
  ChunkCompleted chunk;
  chunk.output = "It is so [1][2].";
  chunk.latency_ms = 1'000;
  chunk.sources = {{"One\x1b[31m page", "https://a.example/1"}, {"", "https://b.example"}};
  const std::vector<Event> events{opening(), plan(1), started(ada), {chunk, ada}, answered("It is so [1][2].")};
  for (const auto& options : {terminal, PlainViewOptions{.progress = true}}) {
    output.screen.clear();
    show(options, events);
    CHECK(output.screen.find("\n  [1] One") != std::string::npos);
    CHECK(output.screen.find(" page https://a.example/1\n  [2] https://b.example\n") != std::string::npos);
    CHECK(output.screen.find('\x1b') == std::string::npos);
  }
}

TEST_CASE_FIXTURE(ViewFixture, "a snapshot shows unfinished chunks from their start and finished ones once") {
  Snapshot snapshot{R"({"status":"running","progress":{"total_chunks":2},"chunks":[
      {"chunk":"answer:lab/ada","chunk_number":1,"agent":"Ada","stage":"answers","member":"lab/ada","attempt":1,
       "status":"ok","text":"done"},
      {"chunk":"answer:lab/bob","chunk_number":2,"agent":"Bob","stage":"answers","member":"lab/bob","attempt":1,
       "status":"running","text":"be"}]})"};
  show(terminal, {token(ada, "done"),
                  completed(ada, "done"),
                  {snapshot, nullptr},
                  token(bob, "fore"),
                  completed(bob, "before"),
                  answered("before")});
  CHECK(output.out_text == "done\nbefore\n");
}

TEST_CASE_FIXTURE(ViewFixture, "the reasoning in a snapshot is shown on request, and counted otherwise") {
  Snapshot snapshot{
      R"({"chunks":[{"chunk":"answer:lab/ada","agent":"Ada","status":"running","text":"","reasoning":"hm"}]})"};
  PlainViewOptions options = terminal;
  const auto shown = [&] {
    output.screen.clear();
    show(options, {{snapshot, nullptr}, token(ada, "a"), completed(ada, "a")});
    return output.screen;
  };
  CHECK(shown().find("2 characters of reasoning not shown") != std::string::npos);
  options.show_reasoning = true;
  CHECK(shown().find("hm\n") != std::string::npos);
}

TEST_CASE_FIXTURE(ViewFixture, "a snapshot does not drop buffered text") {
  Snapshot snapshot{R"({"chunks":[{"chunk":"answer:lab/bob","status":"ok","text":"b"}]})"};
  show(terminal, {token(ada, "a"), token(bob, "b"), completed(bob, "b"), {snapshot, nullptr}});
  CHECK(output.out_text == "a\nb\n");
}

TEST_CASE_FIXTURE(ViewFixture, "hostile text cannot control the terminal, in names neither") {
  const auto evil = source_of("x", 1, "Ev\x1b[2Jil");
  show(terminal, {token(evil, "\x1b]0;t"), token(evil, "\x07"), completed(evil, "x"), answered("\x1b]0;t\x07")});
  CHECK(output.screen.find('\x1b') == std::string::npos);
  CHECK(output.screen.find('\x07') == std::string::npos);
  CHECK(output.screen.find("Ev␛[2Jil") != std::string::npos);
}

TEST_CASE("JSON lines are the events as received, without control events") {
  RecordingOutput output;
  JsonView view(output, false, false);
  const ScriptedStream stream({token(ada, "a\nb"), answered("x")});
  const auto show = [&](const std::string& json) { view.on_event(*parse_event(json), json); };
  show(R"({"type":"heartbeat","last_seq":0})");
  show(R"({"type":"system_message","code":"stream_open"})");
  show(stream.json(1));
  show(R"({"type":"system_message","code":"gap","from":1,"to":2})");
  show(stream.json(2));
  CHECK(output.out_text == stream.json(1) + "\n" + R"({"type":"system_message","code":"gap","from":1,"to":2})" + "\n" +
                               stream.json(2) + "\n");
  CHECK(output.err_text.empty());
}

TEST_CASE("figures are formatted for users") {
  CHECK(format_duration(0) == "0.0 s");
  CHECK(format_duration(59'900) == "59.9 s");
  CHECK(format_duration(125'000) == "2 min 5 s");
  CHECK(format_duration(3'720'000) == "1 h 2 min");
  CHECK(format_number(999) == "999");
  CHECK(format_number(1'234'567) == "1,234,567");
  CHECK(format_number(-1'234) == "-1,234");
  CHECK(format_cost({}) == "cost unknown");
  CHECK(format_cost({0.0, CostOrigin::reported}) == "$0.0000");
  CHECK(format_cost({0.000012, CostOrigin::reported}) == "<$0.0001");
  CHECK(format_cost({0.000854, CostOrigin::reported}) == "$0.0009");
  CHECK(format_cost({1.5, CostOrigin::estimated}) == "about $1.5000");
}

TEST_CASE("status and list are formatted and filtered") {
  const Json status = *parse_json(R"({"stream_id":"s","status":"running","workflow":"consensus","task":"do\u001b[2J it",
    "chunks_completed":2,"total_chunks":5,"current_agent":"Coder","usage":{"total_tokens":1000},
    "cost_so_far":{"usd":null,"origin":"unknown"},"created_at":"2026-11-21T00:00:00.000Z","finished_at":null,
    "members":[{"id":"lab/ada","status":"ok","latency_ms":1500,"usage":{"total_tokens":7}}]})");
  CHECK(status_text(status) ==
        "stream    s\n"
        "status    running, 2 of 5 chunks\n"
        "workflow  consensus\n"
        "task      do␛[2J it\n"
        "now       Coder\n"
        "usage     1,000 tokens, cost unknown\n"
        "accepted  2026-11-21T00:00:00.000Z\n"
        "members\n"
        "  lab/ada                          ok, 1.5 s, 7 tokens\n");
  CHECK(list_text(*parse_json(R"({"tasks":[{"stream_id":"s","status":"completed","task":"a\nb"}]})")).find("a b") !=
        std::string::npos);
  const std::string row = list_text(*parse_json(
      R"({"tasks":[{"stream_id":"6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f","status":"initializing",
                    "created_at":"2026-11-21T06:37:30.123Z","task":"a long task that does not fit"}]})"));
  CHECK(row.find("6f1c2d3e  initializing  ") == 0);
  CHECK(row.find("  a long task") != std::string::npos);
  CHECK(code_points(row) <= 81);  // with its newline
  CHECK(list_text(*parse_json(R"({"tasks":[]})")).starts_with("No tasks"));
}

TEST_CASE_FIXTURE(ViewFixture, "a held character at the end of a text is shown") {
  // A carriage return is held until the next character: it is dropped before a newline only.
  show(terminal, {token(ada, "end\r"), completed(ada, "end\r")});
  CHECK(output.out_text == "end\u240d\n");
}
