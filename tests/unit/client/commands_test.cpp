#include "client/cli/commands.h"

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

// Somebody at a terminal who presses Ctrl-C while the server takes in the task.
struct Interrupted {
  const pthread_t person = ::pthread_self();
  Signals signals;
  SignalWaiting waiting{signals};
  RememberingOutput output;
  ScriptedServer server{[this](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.target != "/api/stream/task") return reply.answer(202, "application/json", R"({"status":"running"})");
    ::pthread_kill(person, SIGINT);
    reply.answer(202, "application/json", std::string(R"({"stream_id":")") + stream_id + "\"}");
  }};

  int run_detached(bool cancel_on_interrupt) {
    RunCommand command;
    command.task = "x";
    command.detach = true;
    CommandLine line;
    line.server = server.url();
    line.cancel_on_interrupt = cancel_on_interrupt;
    line.command = command;
    return run_command(line, {.output = output, .waiting = waiting, .in_is_terminal = true, .colour = {}});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Interrupted, "a Ctrl-C while a task to detach from is handed in cancels it: 130") {
  CHECK(run_detached(true) == 130);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].target == std::string("/api/stream/cancel/") + stream_id);
  CHECK(output.out_text.empty());
  CHECK(output.err_text.find("is being cancelled") != std::string::npos);
}

TEST_CASE_FIXTURE(Interrupted, "a Ctrl-C that is to leave the task alone cancels nothing") {
  run_detached(false);  // 130, or 0 when the answer is there as soon as the signal
  CHECK(server.requests().size() == 1);
}
