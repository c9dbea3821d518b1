// plenumd: the server.

#include <cstdio>
#include <cstdlib>

#include "server/app/app.h"
#include "server/app/command_line.h"
#include "server/app/memory_trimmer.h"
#include "server/app/process.h"
#include "server/app/stop_guard.h"
#include "server/app/workflow_check.h"
#include "server/config/config_load.h"
#include "server/telemetry/log.h"
#include "server/telemetry/logging.h"

namespace {

using plenum::Error;

int fail(const Error& error) {
  std::fprintf(stderr, "plenumd: %s\n", error.message.c_str());
  std::fprintf(stderr, "%.*s\n", static_cast<int>(error.advice().size()), error.advice().data());
  return plenum::row_of(error.code).exit_code;
}

constexpr auto last_lines_max = plenum::milliseconds(500);       // for the log, at the end of the process
constexpr auto last_lines_late_max = plenum::milliseconds(300);  // likewise, at the deadline of a stop

// Nothing that was acknowledged is lost: it is on disk, and the next process recovers the rest of the file.
void end_at_deadline() {
  plenum::log::warning(
      "the shutdown was not complete in time and was ended: a request, the disk or a file read is still busy");
  plenum::telemetry::finish_logging(last_lines_late_max);
  std::_Exit(0);
}

int serve(const plenum::config::Config& config, bool check_only, plenum::app::StopGuard& stop) {
  auto app = plenum::app::App::build(config, stop);
  if (!app) return fail(app.error());
  if (check_only) {
    std::puts("plenumd: configuration and workflows are valid");
    return 0;
  }
  const auto url = (*app)->start();
  if (!url) return fail(url.error());
  // After the next line, the program that started the server reads the log: why the offline provider is used, say.
  plenum::telemetry::flush_logging(plenum::milliseconds(1'000));
  std::printf("plenumd ready on %s\n", url->c_str());
  std::fflush(stdout);

  (*app)->wait_for_end();
  (*app)->drain();
  (*app)->stop();
  if (!(*app)->can_end_now()) {
    plenum::telemetry::finish_logging(last_lines_max);
    std::_Exit(0);  // everything is closed; only a DNS lookup or a file read is still running
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  plenum::app::ensure_standard_descriptors();
  plenum::app::bound_allocator();
  const auto line = plenum::app::read_command_line(argc, argv);
  if (line.stop_now) return line.exit_code;
  if (!line.workflow_files.empty()) return plenum::app::check_workflows(line.workflow_files, line.json);
  const auto loaded = plenum::config::load({line.config_file, plenum::config::plenum_environment(), line.flags});
  if (!loaded) return fail(loaded.error());

  plenum::app::prepare_process();
  const auto log = plenum::app::log_options(loaded->config);
  plenum::telemetry::start_logging(log.level, log.json);
  for (const auto& note : loaded->notes) plenum::log::warning("{}", note);
  const auto limits = plenum::app::stop_limits(plenum::app::app_options(loaded->config).shutdown_grace);
  plenum::app::StopGuard stop(limits, end_at_deadline);
  const int code = serve(loaded->config, line.check_only, stop);
  plenum::telemetry::finish_logging(last_lines_max);
  return code;
}
