// `plenum demo`: a council of simulated members on a server of its own. Needs neither a key nor a network.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "client/autostart/provider_variables.h"
#include "client/autostart/server_launcher.h"
#include "client/cli/commands/execute.h"

namespace plenum::client {
namespace {

constexpr const char* demo_task = "Should a new web service store its data in one database, or in one per tenant?";

// A port of 127.0.0.1 that is free now; 0: none.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  const bool is_bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&where), size) == 0 &&
                        ::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size) == 0;
  ::close(fd);
  return is_bound ? ntohs(where.sin_port) : 0;
}

// Without the settings, keys and tasks of the user: nothing of theirs is called, stored or changed.
Result<LaunchPlan> demo_plan(const std::string& listen) {
  auto plan = launch_plan(listen, own_program_path(), [](const char* name) { return std::getenv(name); });
  if (!plan) return plan;
  plan->arguments = {"--config", "/dev/null", "--listen", listen, "--store", "memory"};
  plan->environment = {"PLENUM_IDLE_EXIT_MS=1m"};
  for (const std::string& name : provider_variables(environ)) plan->environment.push_back(name + '=');
  plan->directory += "/demo";
  plan->pid_file = plan->directory + "/plenumd.pid";
  plan->variables_file = plan->directory + "/plenumd.variables";
  plan->log_file = plan->directory + "/plenumd.log";
  return plan;
}

RunCommand demo_run() {
  RunCommand run;
  run.task = demo_task;
  run.spec.workflow = "council";
  run.spec.members = {"offline/sample-a", "offline/sample-b", "offline/sample-c"};
  return run;
}

}  // namespace

int execute(Session& session, const DemoCommand&) {
  const std::string listen = fmt::format("127.0.0.1:{}", free_port());
  const auto plan = demo_plan(listen);
  if (!plan) return session.fail(plan.error());
  CommandLine line = session.line();
  line.server = "http://" + listen;
  line.server_is_default = false;
  line.autostart_listen.clear();
  const auto started = ServerLauncher(*plan, line.server, session.context().waiting).start();
  if (!started) return session.fail(started.error());
  session.note(
      session.style().dim("A demonstration: three simulated members answer, rank each other's answers, and one of "
                          "them writes the final one.\nNo key is used, nothing is sent, nothing is stored."));
  session.note(fmt::format("\nTask: {}\n", demo_task));
  Session demo(line, session.context());
  const int exit_code = execute(demo, demo_run());
  if (started->pid > 0) ::kill(started->pid, SIGTERM);  // started above, for this command only
  session.note(session.style().dim(
      "\nNext: `plenum keys set openai` (or another provider), then `plenum run \"your question\"`. "
      "`plenum doctor` shows what is missing."));
  return exit_code;
}

}  // namespace plenum::client
