#include "server/task/export/export.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/task/export/markdown.h"

using namespace plenum;
using namespace plenum::task;

namespace {

// A stream built from its events, so that any state can be made.
struct RecordedTask {
  RecordedTask() {
    facts.id = StreamId::random();
    facts.spec.task = "Write a limiter\nwith tests";
    facts.spec.workflow = "council";
    facts.trace_id = "trace";
    TaskStarted started;
    started.members = {{"lab/one", "one"}, {"lab/two", "two"}};
    emit(std::move(started));
  }

  void emit(EventPayload payload, std::shared_ptr<const EventSource> source = nullptr) {
    fold.apply({std::move(payload), std::move(source)}, {++seq, WallTime{}, 0});
  }
  static std::shared_ptr<const EventSource> source(int number, const std::string& member) {
    return std::make_shared<const EventSource>(
        EventSource{"answer:" + member, number, "Agent", "answers", member, member.substr(4), 1});
  }
  void begin(int number, const std::string& member, std::string tokens) {
    emit(ChunkStarted{}, source(number, member));
    emit(TokenStream{std::move(tokens), TokenKind::text}, source(number, member));
  }
  void end(int number, const std::string& member, std::string output, ChunkStatus status = ChunkStatus::ok) {
    ChunkCompleted completed;
    completed.status = status;
    completed.output = std::move(output);
    completed.latency_ms = 1'500;
    completed.usage.total_tokens = 42;
    completed.cost = {0.25, CostOrigin::estimated};
    if (status == ChunkStatus::error) completed.error = error_info(Error{ErrorCode::transport, "the line was cut"});
    emit(std::move(completed), source(number, member));
  }
  static TaskResult result(std::string answer) {
    TaskResult result;
    result.workflow = "council";
    result.answer = std::move(answer);
    result.cost = {0.5, CostOrigin::estimated};
    return result;
  }

  std::string markdown() const { return export_markdown(facts, fold); }
  Json json() const { return export_json(facts, fold); }

  stream::StreamInfo facts;
  stream::StreamState fold;
  std::uint64_t seq = 0;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// A document cut into lines as CommonMark 0.31.2, 2.1 has it.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !pair)) {
      lines.emplace_back();
    } else if (!pair) {
      lines.back() += text[i];
    }
  }
  return lines;
}

// How many fence characters a line begins with, behind at most three spaces (CommonMark, 4.5); 0: no fence.
struct Fence {
  char of = 0;
  std::size_t length = 0;
  std::string rest;
};
Fence fence_of(const std::string& line) {
  const auto begin = line.find_first_not_of(' ');
  if (begin == line.npos || begin > 3 || (line[begin] != '`' && line[begin] != '~')) return {};
  const auto end = std::min(line.find_first_not_of(line[begin], begin), line.size());
  return end - begin < 3 ? Fence{} : Fence{line[begin], end - begin, line.substr(end)};
}

// The headings of a document and its texts: what is between fences is no heading.
struct Outline {
  std::vector<std::string> headings, texts;
};
Outline outline(const std::string& document) {
  Outline found;
  Fence open;
  for (const std::string& line : lines_of(document)) {
    const Fence fence = fence_of(line);
    if (open.length == 0 && fence.length > 0) {
      open = fence;
      found.texts.emplace_back();
    } else if (open.length > 0 && fence.of == open.of && fence.length >= open.length &&
               fence.rest.find_first_not_of(" \t") == fence.rest.npos) {
      open = {};
    } else if (open.length > 0) {
      found.texts.back() += line + "\n";
    } else if (line.starts_with('#')) {
      found.headings.push_back(line);
    }
  }
  CHECK(open.length == 0);
  return found;
}

}  // namespace

TEST_CASE("an export lists the sources of each text below it, and those of the task once") {
  RecordedTask task;
  task.begin(1, "lab/one", "It is so [1].");
  ChunkCompleted completed;
  completed.output = "It is so [1].";
  completed.sources = {{"A <b> page", "https://a.example/1"}, {"", "javascript:alert(1)"}};
  task.emit(completed, RecordedTask::source(1, "lab/one"));
  TaskResult result = RecordedTask::result("It is so [1].");
  result.sources = {{"A <b> page", "https://a.example/1"}};
  task.emit(TaskCompleted{result});
  const std::string text = task.markdown();
  CHECK(text.find("**Sources:**\n\n1. A \\<b\\> page <https://a.example/1>\n2. ") != std::string::npos);
  CHECK(text.find("<javascript") == std::string::npos);
  CHECK(text.find("## Sources\n\n1. A ") != std::string::npos);
  const Json json = task.json();
  CHECK(json["chunks"][0]["sources"][0]["url"] == "https://a.example/1");
  CHECK(json["result"]["sources"].size() == 1);
}

TEST_CASE_FIXTURE(RecordedTask, "a running task is exported as far as it is, and marked as running") {
  begin(1, "lab/one", "the whole");
  end(1, "lab/one", "the whole");
  begin(2, "lab/two", "half of");
  const std::string text = markdown();
  CHECK(has(text, "**Still running:**"));
  CHECK(has(text, "### 1. answer:lab/one · Agent\n\nok, attempt 1"));
  CHECK(has(text, "\\$0.250000 (estimated)"));
  CHECK(has(text, "running, attempt 1"));
  CHECK(has(text, "**Partial:** this text was still being written.\n\n```markdown\nhalf of\n```"));
  CHECK(has(text, "There is none yet."));
  const Json all = json();
  CHECK(all["format"] == "plenum-export");
  CHECK(all["version"] == 1);
  CHECK(all["status"] == "running");
  CHECK(all["result"].is_null());
  CHECK(all["cost"]["usd"].is_null());  // a call is open
  CHECK(all["chunks"][0]["partial"] == false);
  CHECK(all["chunks"][0]["cost"]["origin"] == "estimated");
  CHECK(all["chunks"][1]["partial"] == true);
  CHECK(all["chunks"][1]["status"] == "running");
  CHECK(all["chunks"][1]["text"] == "half of");
  CHECK(all["spec"]["task"] == "Write a limiter\nwith tests");
}

TEST_CASE_FIXTURE(RecordedTask, "the reasoning of a model stands before its text") {
  begin(1, "lab/one", "half");
  emit(TokenStream{"first think", TokenKind::reasoning}, source(1, "lab/one"));
  const std::string page = markdown();
  CHECK(page.find("**Reasoning:**") < page.find("first think"));
  CHECK(page.find("first think") < page.find("half"));
  CHECK(json()["chunks"][0]["reasoning"] == "first think");
}

TEST_CASE("a task that has not begun can be exported") {
  stream::StreamInfo facts;
  facts.id = StreamId::random();
  facts.spec.task = "wait";
  facts.spec.workflow = "consensus";
  const std::string text = export_markdown(facts, {});
  CHECK(text.starts_with("# wait\n"));
  CHECK(has(text, "None has begun."));
  CHECK(export_json(facts, {})["status"] == "initializing");
  CHECK(export_json(facts, {})["spec"]["workflow"] == "consensus");
}

TEST_CASE_FIXTURE(RecordedTask, "a completed task has its answer, its rankings, votes, review, sources and receipts") {
  begin(1, "lab/one", "a");
  end(1, "lab/one", "a");
  TaskResult whole = result("the answer");
  whole.synthesis = "the synthesis";
  whole.degraded = true;
  whole.reasons = {"lab/two: no key"};
  whole.rankings_json =
      R"({"reviews":[{"member":"lab/one","label_order":["lab/two"],"ranking":["lab/two","lab/one"]}],"standings":[{"member":"lab/two",)"
      R"("label":"A","average_rank":1.5,"average_rank_without_self":null,"rankings_count":2}],"exclude_self":true})";
  whole.votes_json =
      R"({"choices":[{"label":"A","text":"tabs|spaces","votes":2}],"by_member":{"lab/one":"A","lab/two":null},"winner":"A"})";
  whole.review_json =
      R"({"issues_found":true,"critical_issues":["# no tests"],"suggestions":[],"code_quality_score":7.5})";
  whole.judgments_json = R"([{"chunk":"review","judge":"lab/two","authors":["lab/one","lab/two"],"own_work":true}])";
  whole.verdict_json =
      R"({"type":"decision","headline":"Take # tabs","recommendation":"Tabs.","consensus":{"score":0.6667,"label":"majority"},)"
      R"("positions":[{"label":"tabs","summary":"They|adapt","members":["lab/one","lab/two"],"evidence":[{"member":"lab/one",)"
      R"("text":"width"}]}],"conflicts":[{"topic":"width","position_labels":["tabs","spaces"],"summary":"s","consensus":)"
      R"({"score":null,"label":"none"}}],"minority_reports":[{"members":["lab/three"],"claim":"Diffs","evidence":[],)"
      R"("why_it_matters":"Reviews"}],"caveats":["Old tools"],"dissent_summary":"One dissents."})";
  whole.readiness_json = R"({"status":"not_ready","reasons":["synthesis.failed"]})";
  whole.rounds_json =
      R"([{"round":1,"chunks":[{"chunk":"r-1:lab/one","status":"ok"},{"chunk":"r-1:lab/two","status":"error"}],)"
      R"("similarity":0.25,"ended":"no_members_left"}])";
  whole.files = {{"src/main.c", "c", "int main;\n"}, {"a`b", "x\n# Forged", "y"}};
  whole.sources = {{"A [title]", "https://example.org/a"}, {"b", "javascript:alert(1)"}};
  Receipt receipt;
  receipt.chunk = "answer:lab/one";
  receipt.member = "lab/one";
  receipt.cost = {0.25, CostOrigin::reported};
  receipt.model = "auto";
  receipt.provider = "lab";
  receipt.generation = {
      "one-2026-11", "gen-7",  "Acme|Cloud", "req-9", "2026-11-21T06:37:30.123Z", R"({"temperature":0.2})",
      "3f9a/answer", "timeout"};
  whole.receipts = {receipt};
  emit(TaskCompleted{whole});
  const std::string text = markdown();
  CHECK(has(text, "**Completed, but degraded:**"));
  CHECK(has(text, "| Reason | lab/two: no key |"));
  CHECK(has(text, "| 1 | lab/two | A | 1.50 | – | 2 |"));
  CHECK(has(text, "| lab/one | lab/two \\> lab/one |"));
  CHECK(has(text, "| A | tabs\\|spaces | 2 |"));
  CHECK(has(text, "| lab/two | unparsed |"));
  CHECK(has(text, "- \\# no tests\n"));
  CHECK(has(text, "| review | lab/two | lab/one, lab/two | yes |"));
  CHECK(has(text, "## Verdict\n\nTake \\# tabs\n\n**Recommendation:** Tabs.\n\n**Consensus:** majority (0.67)\n"));
  CHECK(has(text, "| tabs | lab/one, lab/two | They\\|adapt | lab/one: width |"));
  CHECK(has(text, "| width | tabs / spaces | s | none (–) |"));
  CHECK(has(text, "| lab/three | Diffs | – | Reviews |"));
  CHECK(has(text, "**Dissent:** One dissents.\n\n### Caveats\n\n- Old tools\n"));
  CHECK(has(text, "## Readiness\n\nnot\\_ready\n\n- synthesis.failed\n"));
  CHECK(has(text, "## Rounds\n"));
  CHECK(has(text, "| 1 | r-1:lab/one, r-1:lab/two (error) | 0.250 | no\\_members\\_left |"));
  CHECK(has(text, "## Files\n\n### src/main.c\n\n```c\nint main;\n```\n\n### a\\`b\n\n```text\ny\n```"));
  CHECK(has(text, "1. A \\[title\\] <https://example.org/a>\n"));
  CHECK(has(text, "2. b javascript:alert(1)\n"));
  CHECK(has(text, "## Synthesis\n\n```markdown\nthe synthesis\n```"));
  CHECK(has(text, "## Answer\n\n```markdown\nthe answer\n```"));
  CHECK(has(text, "| answer:lab/one | lab/one | auto (answered by one-2026-11) | lab (forwarded to Acme\\|Cloud) |"));
  CHECK(has(text, "| gen-7 | req-9 | 2026-11-21T06:37:30.123Z | {\"temperature\":0.2} | 3f9a/answer | timeout |\n"));
  CHECK(json()["result"]["receipts"][0]["parameters"]["temperature"] == 0.2);
  CHECK(json()["result"]["receipts"][0]["request_id"] == "req-9");
  CHECK(has(text, "\\$0.250000 (reported)"));
  CHECK_FALSE(has(text, "**Partial:**"));
  CHECK(json()["result"]["answer"] == "the answer");
  CHECK(json()["result"]["files"][0]["path"] == "src/main.c");
  CHECK(json()["result"]["judgments"][0]["judge"] == "lab/two");
  CHECK(json()["result"]["receipts"][0]["upstream_provider"] == "Acme|Cloud");
  CHECK(json()["result"]["verdict"]["consensus"]["label"] == "majority");
  CHECK(json()["result"]["readiness"]["status"] == "not_ready");
  CHECK(json()["result"]["rounds"][0]["ended"] == "no_members_left");
  CHECK(json()["degraded"] == true);
}

TEST_CASE_FIXTURE(RecordedTask, "the Markdown states why there is no verdict") {
  TaskResult whole = result("the words");
  whole.verdict_absent_reason = "open_ended";
  emit(TaskCompleted{whole});
  CHECK(has(markdown(), "## Verdict\n\nThere is none (open\\_ended).\n"));
}

TEST_CASE_FIXTURE(RecordedTask, "an answer that is the synthesis is shown once") {
  TaskResult whole = result("the words\n");
  whole.synthesis = "the words";
  emit(TaskCompleted{whole});
  CHECK_FALSE(has(markdown(), "## Synthesis"));
  CHECK(has(markdown(), "## Answer\n\nIt is the synthesis.\n\n```markdown\nthe words\n```"));
}

TEST_CASE_FIXTURE(RecordedTask, "a failed task has the error and the partial text") {
  begin(1, "lab/one", "half");
  end(1, "lab/one", "half", ChunkStatus::error);
  emit(TaskError{error_info(Error{ErrorCode::no_usable_answer, "no member answered"}), result("")});
  const std::string text = markdown();
  CHECK(has(text, "**Failed:**"));
  CHECK(has(text, "**Error:** the line was cut."));
  CHECK(has(text, "**Partial:** the text broke off (error).\n\n```markdown\nhalf\n```"));
  CHECK(has(text, "| Error | no member answered."));
  CHECK(has(text, "There is none (error)."));
  CHECK(json()["error"]["code"] == "no_usable_answer");
  CHECK(json()["chunks"][0]["error"]["code"] == "transport");
}

TEST_CASE_FIXTURE(RecordedTask, "an unfinished text of a cancelled task is marked as partial") {
  begin(1, "lab/one", "half");
  emit(TaskCancelled{"caller", "", result("")});
  CHECK(has(markdown(), "**Cancelled:**"));
  CHECK(has(markdown(), "interrupted, attempt 1"));
  CHECK(has(markdown(), "**Partial:** the task ended before this text did."));
  CHECK(json()["chunks"][0]["status"] == "interrupted");
  CHECK(json()["chunks"][0]["partial"] == true);
}

TEST_CASE_FIXTURE(RecordedTask, "an interrupted task has the reason") {
  begin(1, "lab/one", "half");
  fold.status = TaskStatus::interrupted;
  CHECK(has(markdown(), "**Interrupted:**"));
  CHECK(json()["status"] == "interrupted");
}

TEST_CASE_FIXTURE(RecordedTask, "no text of a model changes the document's outline") {
  const std::vector<std::string> hostile = {"```\n# Forged\n```",
                                            "# Forged\n## Answer\n\nForged ===\n===",
                                            "~~~~\n````````\n# Forged\n~~~~",
                                            "</details><h1>Forged</h1><script>alert(1)</script>",
                                            "````````\n~~~~~~~~~~\n# Forged",
                                            "```markdown",
                                            "[a]: https://example.org\n![](https://example.org/x.png)"};
  TaskResult whole = result(hostile[0]);
  whole.synthesis = hostile[1];
  facts.spec.task = hostile[2];
  facts.spec.prior = {"", hostile[3], hostile[4]};
  facts.spec.context_json = dump_json(
      Json{{"attachments", Json::array({Json{{"name", "# a\n# b"}, {"text", hostile[5]}}})}, {"note", hostile[0]}});
  begin(1, "lab/one", hostile[3]);
  end(1, "lab/one", hostile[3]);
  begin(2, "lab/two", hostile[6]);
  emit(TaskCompleted{whole});
  const std::string document = markdown();
  const Outline found = outline(document);
  CHECK(found.headings == std::vector<std::string>{"# \\~\\~\\~\\~", "## Task", "## Context",
                                                   "### Attachment: \\# a \\# b", "## Earlier turns", "### Question",
                                                   "### Answer", "## Chunks", "### 1. answer:lab/one · Agent",
                                                   "### 2. answer:lab/two · Agent", "## Synthesis", "## Answer"});
  REQUIRE(found.texts.size() == 9);
  CHECK(found.texts[0] == hostile[2] + "\n");
  CHECK(found.texts[2] == hostile[5] + "\n");
  CHECK(found.texts[3] == hostile[3] + "\n");
  CHECK(found.texts[4] == hostile[4] + "\n");
  CHECK(found.texts[6] == hostile[6] + "\n");
  CHECK(found.texts[8] == hostile[0] + "\n");
}

TEST_CASE_FIXTURE(RecordedTask, "the text of a model is verbatim for any Markdown characters") {
  std::mt19937 random(20'261'121);
  const std::string_view alphabet = "`~`~`~#=->|<&\\ \n\n\r\tx1.";
  for (int round = 0; round < 500; ++round) {
    std::string hostile;
    for (std::uint32_t left = random() % 60; left > 0; --left) hostile += alphabet[random() % alphabet.size()];
    CAPTURE(hostile);
    stream::StreamState with_it = fold;
    with_it.chunks.emplace_back();
    with_it.chunks.back().source = *source(1, "lab/one");
    with_it.chunks.back().text = hostile;
    with_it.error = ErrorInfo{"transport", hostile, "", false, {}};
    const Outline found = outline(export_markdown(facts, with_it));
    CHECK(found.headings == std::vector<std::string>{"# Write a limiter", "## Task", "## Chunks",
                                                     "### 1. answer:lab/one · Agent", "## Answer"});
    std::string shown;
    for (const std::string& line : lines_of(hostile)) shown += line + "\n";
    // The closing fence stands on the line that the text's last line end began.
    if (hostile.ends_with('\n') || hostile.ends_with('\r')) shown.pop_back();
    if (!hostile.empty()) CHECK(found.texts.back() == shown);
  }
}

TEST_CASE("a line of text means itself, wherever it stands") {
  CHECK(inline_text("a|b") == "a\\|b");
  CHECK(inline_text("<b>&amp;") == "\\<b\\>\\&amp;");
  CHECK(inline_text("- item") == "\\- item");
  CHECK(inline_text("12. item") == "12\\. item");
  CHECK(inline_text("v1.2 - x") == "v1.2 - x");
  CHECK(inline_text("  a\r\n\tb\x1b[2J ") == "a b \\[2J");
  CHECK(inline_text("") == "");
}

TEST_CASE("a title is the first nonblank line, truncated between characters") {
  CHECK(inline_title("\n  \nthe first\nthe second", 80) == "the first");
  CHECK(inline_title("äöü_ß", 4) == "äöü…");
  CHECK(inline_title("ab_cd", 4) == "ab\\_…");
  CHECK(inline_title(" \n ", 4) == "");
}

TEST_CASE("a fence is longer than any run in its text, of the character that has the shorter ones") {
  CHECK(fenced_text("x", "text") == "```text\nx\n```\n");
  CHECK(fenced_text("x\n", "") == "```\nx\n```\n");
  CHECK(fenced_text("````", "") == "~~~\n````\n~~~\n");
  CHECK(fenced_text("```` ~~~", "") == "~~~~\n```` ~~~\n~~~~\n");
}

TEST_CASE("only an address of the web that cannot end its link becomes one") {
  CHECK(link_to("https://example.org/a?b=c") == "<https://example.org/a?b=c>");
  CHECK(link_to("https://a><script>") == "https://a\\>\\<script\\>");
  CHECK(link_to("https://a b") == "https://a b");
  CHECK(link_to("javascript:alert(1)") == "javascript:alert(1)");
}
