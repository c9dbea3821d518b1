#include "client/cli/commands/commands.h"

#include <doctest/doctest.h>
#include <pthread.h>

#include <csignal>

#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

constexpr const char* stream_id = "00000000-0000-4000-8000-000000000000";

// A user who presses Ctrl-C while the task is being submitted.
struct Interrupted {
  const pthread_t main_thread = ::pthread_self();
  Signals signals;
  SignalWaiter waiting{signals};
  RecordingOutput output;
  ScriptedServer server{[this](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.target != "/api/stream/task")
      return reply.answer(202, "application/json", R"({"stream_id":"x","status":"running"})");
    ::pthread_kill(main_thread, SIGINT);
    reply.answer(202, "application/json", std::string(R"({"stream_id":")") + stream_id + "\"}");
  }};

  int run_detached(bool cancel_on_interrupt) { return run_detached_at(server, cancel_on_interrupt); }
  int run_detached_at(const ScriptedServer& at, bool cancel_on_interrupt, bool server_is_default = false) {
    RunCommand command;
    command.task = "x";
    command.detach = true;
    CommandLine line;
    line.server = at.url();
    line.server_is_default = server_is_default;
    line.cancel_on_interrupt = cancel_on_interrupt;
    line.command = command;
    return run_command(line, {.output = output, .waiting = waiting, .in_is_terminal = true, .color = {}});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Interrupted, "Ctrl-C during a submission with --detach cancels the task: 130") {
  CHECK(run_detached(true) == 130);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].target == std::string("/api/stream/cancel/") + stream_id);
  CHECK(output.out_text.empty());
  CHECK(output.err_text.find("is being cancelled") != std::string::npos);
}

TEST_CASE_FIXTURE(Interrupted, "Ctrl-C with --on-interrupt leave cancels nothing") {
  run_detached(false);  // 130, or 0 if the response arrives with the signal
  CHECK(server.requests().size() == 1);
}

TEST_CASE_FIXTURE(Interrupted, "the hint after --detach repeats --server exactly if it was given") {
  ScriptedServer accepting([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(202, "application/json", std::string(R"({"stream_id":")") + stream_id + "\"}");
  });
  CHECK(run_detached_at(accepting, false) == 0);
  CHECK(output.err_text.find(std::string("plenum attach ") + stream_id + " --server " + accepting.url() + "\n") !=
        std::string::npos);
  output.err_text.clear();
  CHECK(run_detached_at(accepting, false, true) == 0);
  CHECK(output.err_text.find(std::string("plenum attach ") + stream_id + "\n") != std::string::npos);
}
