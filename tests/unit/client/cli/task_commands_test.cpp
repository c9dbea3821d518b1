#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirmation.h"
#include "client/cli/files/file_output.h"
#include "client/cli/render/format.h"
#include "client/cli/tables/status_text.h"
#include "common/json/json_access.h"
#include "tests/support/process/temp_dir.h"
#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

constexpr const char* stream_id = "00000000-0000-4000-8000-000000000000";
constexpr const char* new_id = "11111111-1111-4111-8111-111111111111";

std::string at(std::string_view path) { return std::string(path) + stream_id; }

// Text typed at a confirmation.
class Typed {
 public:
  explicit Typed(std::string_view text) {
    REQUIRE(::pipe(ends_.data()) == 0);
    REQUIRE(::write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(ends_[1]);
  }
  ~Typed() { ::close(ends_[0]); }
  int fd() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{};
};

struct TaskCommands {
  using Answer = std::function<void(const ScriptedRequest& request, ScriptedReply& reply)>;

  // typed: the input at a terminal.
  int run(Command command, const Answer& answer, bool terminal = false, std::string_view typed = "") {
    ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) { answer(request, reply); });
    CommandLine line;
    line.server = server.url();
    line.json = json;
    line.command = std::move(command);
    const Typed input(typed);
    const int code = run_command(line, {.output = output,
                                        .waiting = waiting,
                                        .in_is_terminal = terminal,
                                        .out_is_terminal = terminal,
                                        .err_is_terminal = terminal,
                                        .color = {},
                                        .in_fd = input.fd()});
    for (const auto& request : server.requests()) requests.push_back(request);
    return code;
  }

  Signals signals;
  SignalWaiter waiting{signals};
  RecordingOutput output;
  std::vector<ScriptedRequest> requests;
  bool json = false;
};

void answer_document(const ScriptedRequest&, ScriptedReply& reply) {
  reply.answer(200, "text/markdown; charset=utf-8", "# A \x1b[2Jtask\n");
}

void answer_delete(const ScriptedRequest& request, ScriptedReply& reply) {
  if (request.method == "DELETE") return reply.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  reply.answer(200, "application/json", R"({"stream_id":"x","task":"the old\u001b[2J task","status":"running"})");
}

// A time of November 2026 in the local time zone.
std::string shown_time(const std::string& day, const std::string& minute = "37") {
  return format_local_time("2026-11-" + day + "T06:" + minute + ":30.123Z", SystemClock().wall());
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE_FIXTURE(TaskCommands, "an export is written to a pipe unchanged, and filtered to a terminal") {
  CHECK(run(ExportCommand{stream_id, "", false}, answer_document) == 0);
  CHECK(output.out_text == "# A \x1b[2Jtask\n");
  CHECK(requests.at(0).target == at("/api/stream/export/") + "?format=markdown");
  CHECK(requests.at(0).header("Accept") == "text/markdown");
  output.out_text.clear();
  CHECK(run(ExportCommand{stream_id, "-", false}, answer_document, true) == 0);
  CHECK(output.out_text == "# A ␛[2Jtask\n");
}

TEST_CASE_FIXTURE(TaskCommands, "with --json an export is one line of JSON") {
  json = true;
  CHECK(run(ExportCommand{stream_id, "", false}, [](const auto&, auto& reply) {
          reply.answer(200, "application/json", R"({"format":"plenum-export"})");
        }) == 0);
  CHECK(output.out_text == "{\"format\":\"plenum-export\"}\n");
  CHECK(requests.at(0).target == at("/api/stream/export/") + "?format=json");
}

TEST_CASE_FIXTURE(TaskCommands, "an export overwrites an existing file only with --force") {
  const TempDir dir;
  const std::string path = dir.path() / "task.md";
  CHECK(run(ExportCommand{stream_id, path, false}, answer_document) == 0);
  CHECK(text_of(path) == "# A \x1b[2Jtask\n");
  CHECK(output.out_text.empty());
  const std::string old = dir.write("old.md", "much longer than the exported text");
  CHECK(run(ExportCommand{stream_id, old, false}, answer_document) == 2);
  CHECK(text_of(old) == "much longer than the exported text");
  CHECK(output.err_text.find("--force") != std::string::npos);
  CHECK(run(ExportCommand{stream_id, old, true}, answer_document) == 0);
  CHECK(text_of(old) == "# A \x1b[2Jtask\n");
  CHECK(run(ExportCommand{stream_id, dir.path() / "nowhere" / "x", false}, answer_document) == 2);
}

TEST_CASE_FIXTURE(TaskCommands, "an export of an unknown stream creates no file") {
  const TempDir dir;
  const std::string path = dir.path() / "task.md";
  CHECK(run(ExportCommand{stream_id, path, false}, [](const auto&, auto& reply) {
          reply.answer(404, "application/problem+json", R"({"code":"stream-not-found","detail":"no such stream"})");
        }) == 6);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_FIXTURE(TaskCommands, "the files of a result are written, and their paths printed") {
  const TempDir dir;
  const ExportCommand command{stream_id, "", false, dir.path() / "program"};
  const auto answer = [](const auto&, auto& reply) {
    reply.answer(
        200, "application/json",
        R"({"format":"plenum-export","result":{"files":[{"path":"src/a.py","language":"python","text":"x"}]}})");
  };
  CHECK(run(command, answer) == 0);
  CHECK(requests.at(0).target == at("/api/stream/export/") + "?format=json");
  const std::string path = std::filesystem::canonical(dir.path()) / "program" / "src" / "a.py";
  CHECK(output.out_text == path + "\n");
  CHECK(text_of(path) == "x\n");
  CHECK(run(command, answer) == 2);
  CHECK(output.err_text.find("--force") != std::string::npos);
}

TEST_CASE_FIXTURE(TaskCommands, "without files in the result no directory is created, and the reason is printed") {
  const TempDir dir;
  const ExportCommand command{stream_id, "", false, dir.path() / "program"};
  const auto replies = [](std::string_view body) {
    return [body](const auto&, auto& reply) { reply.answer(200, "application/json", body); };
  };
  CHECK(run(command, replies(R"({"format":"plenum-export","result":{"answer":"a"}})")) == 2);
  CHECK(output.err_text.find("has no files") != std::string::npos);
  CHECK(run(command, replies(R"({"format":"plenum-export","result":null})")) == 2);
  CHECK(output.err_text.find("no result yet") != std::string::npos);
  CHECK(run(command, [](const auto&, auto& reply) {
          reply.answer(404, "application/problem+json", R"({"code":"stream-not-found","detail":"no such stream"})");
        }) == 6);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "program"));
}

TEST_CASE_FIXTURE(TaskCommands, "a page of another program is no export") {
  CHECK(run(ExportCommand{stream_id, "", false},
            [](const auto&, auto& reply) { reply.answer(200, "text/html", "<p>"); }) == 5);
  CHECK(output.out_text.empty());
}

TEST_CASE("an incomplete write is reported") {
  const auto full = write_file("/dev/full", "text", Existing::overwrite);
  REQUIRE_FALSE(full.has_value());
  CHECK(row_of(full.error().code).exit_code == 1);
  CHECK(full.error().message.find("/dev/full") != std::string::npos);
}

TEST_CASE_FIXTURE(TaskCommands, "without a terminal nothing is deleted without --yes") {
  CHECK(run(DeleteCommand{stream_id, false}, answer_delete) == 2);
  CHECK(requests.empty());
  CHECK(output.err_text.find("--yes") != std::string::npos);
  CHECK(run(DeleteCommand{stream_id, true}, answer_delete) == 0);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "DELETE");
  CHECK(requests[0].target == at("/api/stream/task/"));
  CHECK(output.out_text == "Deleted.\n");
}

TEST_CASE_FIXTURE(TaskCommands, "at a terminal the task is shown, and deleted only after confirmation") {
  CHECK(run(DeleteCommand{stream_id, false}, answer_delete, true, "n\n") == 130);
  CHECK(requests.size() == 1);
  CHECK(requests[0].method == "GET");
  CHECK(output.err_text.find("the old␛[2J task\n") != std::string::npos);
  CHECK(output.err_text.find("will be cancelled") != std::string::npos);
  CHECK(output.err_text.find("Nothing was deleted.") != std::string::npos);
  requests.clear();
  CHECK(run(DeleteCommand{stream_id, false}, answer_delete, true, "Yes\n") == 0);
  REQUIRE(requests.size() == 2);
  CHECK(requests[1].method == "DELETE");
}

TEST_CASE_FIXTURE(TaskCommands, "a deleted stream is gone: 6") {
  CHECK(run(DeleteCommand{stream_id, true}, [](const auto&, auto& reply) {
          reply.answer(410, "application/problem+json", R"({"code":"stream-gone","detail":"it is gone"})");
        }) == 6);
}

TEST_CASE("only y and yes confirm; the end of input does not") {
  ManualWaiter waiting;
  for (const auto& [typed, yes] : {std::pair{"y\n", true},
                                   {" YES \n", true},
                                   {"yes", true},
                                   {"\n", false},
                                   {"yeah\n", false},
                                   {"no\nyes\n", false},
                                   {"", false}}) {
    CAPTURE(typed);
    const Typed input(typed);
    CHECK(*read_yes(input.fd(), waiting) == yes);
  }
}

TEST_CASE_FIXTURE(TaskCommands, "Ctrl-C at the confirmation deletes nothing: 130") {
  std::array<int, 2> silent{};
  REQUIRE(::pipe(silent.data()) == 0);
  ::pthread_kill(::pthread_self(), SIGINT);
  const auto answer = read_yes(silent[0], waiting);
  REQUIRE_FALSE(answer.has_value());
  CHECK(row_of(answer.error().code).exit_code == 130);
  for (const int fd : silent) ::close(fd);
}

TEST_CASE_FIXTURE(TaskCommands, "retry submits the old stream with a step, and follows the new one to its end") {
  const ScriptedStream stream({answered("the new answer")});
  const auto answer = [&](const ScriptedRequest& request, ScriptedReply& reply) {
    if (request.method == "POST") {
      return reply.answer(202, "application/json", std::string(R"({"stream_id":")") + new_id + "\"}");
    }
    reply.send(ScriptedStream::head() + stream.frames_after(0));
  };
  CHECK(run(RetryCommand{stream_id, "rankings", false}, answer) == 0);
  CHECK(output.out_text == "the new answer\n");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].target == at("/api/stream/retry/"));
  CHECK(requests[0].body == R"({"from":"rankings"})");
  CHECK(requests[0].header("Content-Type") == "application/json");
  CHECK(requests[0].header("Idempotency-Key").size() == 32);
  CHECK(requests[1].target.starts_with(std::string("/api/stream/events/") + new_id));
}

TEST_CASE_FIXTURE(TaskCommands, "a retry with --detach prints the new id") {
  CHECK(run(RetryCommand{stream_id, "all", true}, [](const auto&, auto& reply) {
          reply.answer(202, "application/json", std::string(R"({"stream_id":")") + new_id + "\"}");
        }) == 0);
  CHECK(output.out_text == std::string(new_id) + "\n");
}

TEST_CASE_FIXTURE(TaskCommands, "a step that the workflow does not have is reported as an error") {
  CHECK(run(RetryCommand{stream_id, "rankings", false}, [](const auto&, auto& reply) {
          reply.answer(422, "application/problem+json",
                       R"({"code":"validation-failed","detail":"single ranks nothing","remedy":"Use from all."})");
        }) == 2);
  CHECK(output.err_text.find("single ranks nothing. Use from all.") != std::string::npos);
}

TEST_CASE_FIXTURE(TaskCommands, "the words of a search are percent-encoded, and an empty result repeats them") {
  CHECK(run(ListCommand{5, "rate limiter & ü"},
            [](const auto&, auto& reply) { reply.answer(200, "application/json", R"({"tasks":[]})"); }) == 0);
  CHECK(requests.at(0).target == "/api/stream/tasks?limit=5&q=rate%20limiter%20%26%20%C3%BC&fields=full");
  CHECK(output.out_text == "No task contains \"rate limiter & ü\".\n");
}

TEST_CASE_FIXTURE(TaskCommands,
                  "a list in a pipe has the whole tasks, over as many pages as the server makes of them") {
  CHECK(run(ListCommand{3, ""}, [](const ScriptedRequest& request, auto& reply) {
          const bool is_first = request.target.find("cursor=") == request.target.npos;
          reply.answer(200, "application/json",
                       is_first ? R"({"tasks":[{"task":"one"},{"task":"two"}],"next_cursor":"c-2"})"
                                : R"({"tasks":[{"task":"three"}],"next_cursor":"c-3"})");
        }) == 0);
  REQUIRE(requests.size() == 2);
  CHECK(requests[1].target == "/api/stream/tasks?limit=1&fields=full&cursor=c-2");
  for (const char* task : {"one", "two", "three"}) CHECK(output.out_text.find(task) != std::string::npos);
}

TEST_CASE("no row of the list is wider than the terminal, in any script") {
  for (const char* task :
       {"a long task in plain letters that does not fit at all, not even on a wide terminal, because it is very long",
        "一个很长的任务一个很长的任务一个很长的任务一个很长的任务一个很长的任务一个很长的任务一个很长的任务一个很长的任"
        "务",
        "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉", "short"}) {
    const Json list{{"tasks", Json::array({Json{{"stream_id", stream_id},
                                                {"status", "interrupted"},
                                                {"created_at", "2026-11-21T06:37:30.123Z"},
                                                {"task", task}}})}};
    for (std::size_t columns = 36; columns <= 130; ++columns) {
      CAPTURE(columns);
      const std::string text = list_text(list, columns);
      std::size_t begin = 0, widest = 0;
      for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
        widest = std::max(widest, display_width(text.substr(begin, end - begin)));
      }
      CHECK(widest <= columns);
      CHECK(text.starts_with(std::string(stream_id).substr(0, 8) + "  interrupted"));
      CHECK(text.find("interrupted") != text.npos);
      if (display_width(task) > columns) CHECK(text.find("…\n") != text.npos);
    }
  }
}

TEST_CASE("width is counted in columns, and characters are not split") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("e\xCC\x81") == 1);  // with a combining accent
  CHECK(display_width("🎉") == 2);
  CHECK(terminal_fit("abcdef", 6) == "abcdef");
  CHECK(terminal_fit("abcdefg", 6) == "abcde…");
  CHECK(terminal_fit("日本語", 6) == "日本語");
  CHECK(terminal_fit("日本語x", 6) == "日本…");
  CHECK(terminal_fit("日本語", 4) == "日…");
  CHECK(terminal_fit("a\x1b\nb", 4) == "a␛ b");
  CHECK(terminal_fit("abc", 1) == "…");
  CHECK(terminal_fit("abc", 0).empty());
}

namespace {

constexpr const char* listed_conversations =
    R"({"conversations":[{"conversation_id":"talk/1","title":"Capital\u001b[2J of France?","task_count":12,)"
    R"("turn_count":11,"updated_at":"2026-11-21T06:37:30.123Z"},{"conversation_id":"b","title":"Rate limiter",)"
    R"("task_count":1,"turn_count":1,"updated_at":"2026-11-20T06:37:30.123Z"}],"next_cursor":null})";

}  // namespace

TEST_CASE_FIXTURE(TaskCommands, "conversations are listed in aligned columns, filtered for a terminal") {
  const auto answer = [](const auto&, auto& reply) { reply.answer(200, "application/json", listed_conversations); };
  CHECK(run(ConversationsCommand{5, "rate limiter"}, answer) == 0);
  CHECK(requests.at(0).target == "/api/conversations?limit=5&q=rate%20limiter");
  CHECK(output.out_text == "CONVERSATION  TASKS  UPDATED" + std::string(shown_time("21").size() - 5, ' ') +
                               "TITLE\n"
                               "talk/1           12  " +
                               shown_time("21") +
                               "  Capital␛[2J of France?\n"
                               "b                 1  " +
                               shown_time("20") + "  Rate limiter\n");
  output.out_text.clear();
  json = true;
  CHECK(run(ConversationsCommand{}, answer) == 0);
  CHECK(output.out_text.starts_with("{\"conversations\":["));
}

TEST_CASE_FIXTURE(TaskCommands, "a conversation is shown with its tasks and answers") {
  CHECK(run(ShowConversationCommand{"talk/1"}, [](const auto&, auto& reply) {
          reply.answer(200, "application/json",
                       R"({"title":"Capitals","task_count":2,"turn_count":1,"updated_at":"2026-11-21T06:37:30.123Z",)"
                       R"("tasks":[{"stream_id":"s1","status":"completed","created_at":"2026-11-21T06:37:30.123Z",)"
                       R"("task":"France?","answer":"Paris."},{"stream_id":"s2","status":"running",)"
                       R"("created_at":"2026-11-21T06:38:30.123Z","task":"Peru?","answer":null}],"next_cursor":null})");
        }) == 0);
  CHECK(requests.at(0).target == "/api/conversations/talk%2F1?limit=100");
  CHECK(output.out_text == "Capitals\n2 tasks, 1 with an answer, updated " + shown_time("21") +
                               "\n"
                               "\ns1  completed  " +
                               shown_time("21") +
                               "\n> France?\n\nParis.\n"
                               "\ns2  running  " +
                               shown_time("21", "38") + "\n> Peru?\n");
}

TEST_CASE_FIXTURE(TaskCommands, "a rename sends the title, or null for the default one") {
  const auto answer = [](const auto&, auto& reply) { reply.answer(200, "application/json", R"({"title":"Numbers"})"); };
  CHECK(run(RenameConversationCommand{"..", "Numbers"}, answer) == 0);
  CHECK(requests.at(0).method == "PATCH");
  CHECK(requests.at(0).target == "/api/conversations/..");
  CHECK(requests.at(0).header("Content-Type") == "application/json");
  CHECK(requests.at(0).body == R"({"title":"Numbers"})");
  CHECK(output.out_text == "The title is now: Numbers\n");
  CHECK(run(RenameConversationCommand{"a", ""}, answer) == 0);
  CHECK(requests.at(1).body == R"({"title":null})");
}

TEST_CASE_FIXTURE(TaskCommands, "the deletion of a conversation must be confirmed") {
  const auto answer = [](const ScriptedRequest& request, ScriptedReply& reply) {
    if (request.method == "DELETE") return reply.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    reply.answer(200, "application/json", R"({"title":"Numbers","task_count":3})");
  };
  CHECK(run(DeleteConversationCommand{"a"}, answer) == 2);
  CHECK(requests.empty());
  CHECK(run(DeleteConversationCommand{"a"}, answer, true, "n\n") == 130);
  CHECK(output.err_text.find("Numbers\nDelete this conversation with 3 tasks permanently? [y/N]") != std::string::npos);
  CHECK(run(DeleteConversationCommand{"a"}, answer, true, "y\n") == 0);
  CHECK(requests.back().method == "DELETE");
  CHECK(requests.back().target == "/api/conversations/a");
  CHECK(run(DeleteConversationCommand{"a", true}, answer) == 0);
}

TEST_CASE_FIXTURE(TaskCommands, "standings are an aligned table, filtered for a terminal") {
  CHECK(run(StandingsCommand{"council", "a b", "2026-11-21"}, [](const auto&, auto& reply) {
          reply.answer(
              200, "application/json",
              R"({"tasks":12,"standings":[{"model":"openai/gpt-4.1","rating":1531.2,"tasks":12,"wins":20,)"
              R"("losses":3,"ties":1,"votes":0,"agreement":null},{"model":"a\u001b/m","rating":null,"tasks":0,)"
              R"("wins":0,"losses":0,"ties":0,"votes":4,"agreement":0.75}]})");
        }) == 0);
  CHECK(requests.at(0).target == "/api/standings?workflow=council&tag=a%20b&since=2026-11-21");
  CHECK(output.out_text ==
        "MODEL           RATING  TASKS  WIN/LOSS/TIE  VOTES  AGREE\n"
        "openai/gpt-4.1  1531.2     12        20/3/1      0      -\n"
        "a␛/m                 -      0         0/0/0      4   75 %\n"
        "\nFrom 12 tasks.\n");
}
