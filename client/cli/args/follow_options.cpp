#include "client/cli/args/follow_options.h"

#include "client/cli/args/validators.h"

namespace plenum::client {

void add_retry_for(CLI::App& command, FollowOptions& options) {
  command.add_option("--retry-for", options.retry_for, "How long to reconnect while the server is unreachable")
      ->check(checked_by(check_duration))
      ->type_name("TIME")
      ->capture_default_str();
}

void add_follow_options(CLI::App& command, FollowOptions& options) {
  command.add_option("--on-interrupt", options.on_interrupt, "Effect of the first Ctrl-C on the task: cancel or leave")
      ->check(one_of({"cancel", "leave"}))
      ->type_name("ACTION")
      ->capture_default_str();
  add_retry_for(command, options);
  command.add_flag("--show-reasoning", options.show_reasoning,
                   "Show the reasoning of models, dimmed, on standard error");
  CLI::Option* full =
      command.add_flag("--full", options.full, "Show the run on the whole screen, with keys (? lists them)");
  command
      .add_flag("--plain", options.plain,
                "Write lines as they come instead of a live view; for screen readers. Default if PLENUM_PLAIN is set")
      ->excludes(full);
}

void apply_follow_options(const FollowOptions& options, CommandLine& line) {
  line.cancel_on_interrupt = options.on_interrupt == "cancel";
  line.retry_for = std::chrono::ceil<std::chrono::seconds>(*duration_from(options.retry_for));
  line.show_reasoning = options.show_reasoning;
  line.plain = options.plain;
  line.full = options.full;
}

}  // namespace plenum::client
