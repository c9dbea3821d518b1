// Answers of a proxy or of another program, in place of those of a Plenum server, to every command.
#include <doctest/doctest.h>

#include "client/cli/commands/commands.h"
#include "tests/support/process/temp_dir.h"
#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

constexpr const char* stream_id = "00000000-0000-4000-8000-000000000000";

// Every command that calls a server.
std::vector<Command> commands() {
  RunCommand run;
  run.task = "x";
  return {run,
          AttachCommand{stream_id},
          StatusCommand{stream_id},
          CancelCommand{stream_id},
          SkipCommand{stream_id, "a/b"},
          ListCommand{},
          ExportCommand{stream_id, "", false},
          RetryCommand{stream_id, "all", false},
          ExtendCommand{stream_id, 1, false},
          DeleteCommand{stream_id, true},
          ConversationsCommand{},
          ShowConversationCommand{"talk"},
          RenameConversationCommand{"talk", "title"},
          DeleteConversationCommand{"talk", true},
          StandingsCommand{},
          CouncilsCommand{},
          ModelsCommand{},
          WorkflowsCommand{},
          ShowWorkflowCommand{"council"}};
}

struct Foreign {
  int status;
  const char* type;
  const char* body;
  int exit_code;
};

struct Finished {
  int exit_code;
  std::string out, err;
};

Finished run(const Command& command, const Foreign& foreign, bool json) {
  Signals signals;
  SignalWaiter waiting(signals);
  RecordingOutput output;
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(foreign.status, foreign.type, foreign.body);
  });
  CommandLine line;
  line.server = server.url();
  line.retry_for = seconds(0);
  line.json = json;
  line.command = command;
  const int code = run_command(line, {.output = output, .waiting = waiting, .in_is_terminal = true, .color = {}});
  return {code, output.out_text, output.err_text};
}

}  // namespace

TEST_CASE("to every command, the answer of another program is reported as such") {
  const Foreign answers[] = {{502, "text/html", "<html><h1>502 Bad Gateway</h1></html>", 5},
                             {500, "application/json", R"({"error":{"message":"boom"}})", 5},
                             {404, "application/json", R"({"code":"not_found","message":"no route"})", 5},
                             {404, "text/html", "<p>", 5},
                             {200, "text/html", "<p>Welcome to nginx</p>", 5},
                             {200, "application/json", R"({"status":"UP","ok":true})", 5},
                             {200, "application/json", "[1,2]", 5},
                             {301, "text/html", "", 5},
                             {401, "text/html", "<p>", 4},
                             {503, "text/plain", "no backend", 5}};
  for (const Command& command : commands()) {
    for (const Foreign& foreign : answers) {
      for (const bool json : {false, true}) {
        const Finished finished = run(command, foreign, json);
        CAPTURE(command.index());
        CAPTURE(foreign.status);
        CAPTURE(foreign.body);
        CAPTURE(finished.err);
        CHECK(finished.exit_code == foreign.exit_code);
        CHECK(finished.out.empty());
        const char* words =
            foreign.status == 301 ? "redirects are not followed" : "a proxy or another program answered";
        CHECK(finished.err.find(words) != std::string::npos);
        CHECK(finished.err.find("request id") == std::string::npos);
        CHECK(finished.err.find("accepted the task") == std::string::npos);
      }
    }
  }
}

TEST_CASE("after an error of a proxy that lost its server, the text states that the task may be running") {
  RunCommand command;
  command.task = "x";
  for (const int status : {502, 504}) {
    const Finished finished = run(command, {status, "text/html", "<p>", 5}, false);
    CHECK(finished.err.find("the task may have been accepted. Check `plenum list`") != std::string::npos);
  }
  CHECK(run(command, {404, "text/html", "<p>", 5}, false).err.find("may have been accepted") == std::string::npos);
}

TEST_CASE("an event stream of another program is reported as such, not as a failed task") {
  for (const char* body : {"data: hello\n\n", "data: {\"price\": 3}\n\n"}) {
    Signals signals;
    SignalWaiter waiting(signals);
    RecordingOutput output;
    ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
      if (request.target.find("/status/") != request.target.npos) {
        return reply.answer(200, "application/json", R"({"stream_id":"x","status":"running"})");
      }
      reply.answer(200, "text/event-stream", body);
    });
    CommandLine line;
    line.server = server.url();
    line.command = AttachCommand{stream_id};
    CHECK(run_command(line, {.output = output, .waiting = waiting, .in_is_terminal = true, .color = {}}) == 5);
    CHECK_MESSAGE(output.err_text.find("are not those of a Plenum server") != std::string::npos, output.err_text);
  }
}

TEST_CASE("a server behind a path prefix is called with it, by every command") {
  for (const Command& command : commands()) {
    Signals signals;
    SignalWaiter waiting(signals);
    RecordingOutput output;
    ScriptedServer server(
        [&](const ScriptedRequest&, ScriptedReply& reply, int) { reply.answer(404, "text/html", "<p>"); });
    CommandLine line;
    line.server = server.url() + "/prefix";
    line.command = command;
    run_command(line, {.output = output, .waiting = waiting, .in_is_terminal = true, .color = {}});
    REQUIRE_FALSE(server.requests().empty());
    CHECK(server.requests().front().target.starts_with("/prefix/api/"));
  }
}
