#include "client/cli/commands/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "client/autostart/provider_variables.h"
#include "client/autostart/server_launcher.h"
#include "client/cli/commands/outcome.h"
#include "client/cli/full/full_view.h"
#include "client/cli/full/terminal_keyboard.h"
#include "client/cli/live/live_view.h"
#include "client/cli/render/json_view.h"
#include "client/cli/render/plain_view.h"
#include "client/cli/render/summary_view.h"
#include "client/cli/terminal/terminal_text.h"
#include "client/settings/key_store.h"
#include "client/settings/left_hints.h"

namespace plenum::client {

Session::Session(const CommandLine& line, const CommandContext& context)
    : line_(line),
      context_(context),
      style_(use_color(line.color, context.color, context.err_is_terminal)),
      api_(
          [&] {
            ApiOptions options{.server = line.server, .retry_for = line.retry_for};
            if (!line.autostart_listen.empty()) options.start_server = [this] { return start_server(); };
            return options;
          }(),
          context.waiting) {}

// With the stored keys, which the environment overrides.
Result<LaunchPlan> Session::plan_of_server() const {
  const auto variable = [](const char* name) { return std::getenv(name); };
  auto plan = launch_plan(line_.autostart_listen, own_program_path(), variable);
  if (!plan) return plan;
  const auto keys = KeyStore(keys_path(variable)).load();
  if (!keys) return Failure(keys.error());
  for (std::string& entry : key_environment(*keys, variable)) plan->environment.push_back(std::move(entry));
  return plan;
}

Result<void> Session::start_server() {
  const auto plan = plan_of_server();
  if (!plan) return Failure(plan.error());
  const auto started = ServerLauncher(*plan, line_.server, context_.waiting).start();
  if (!started) return Failure(started.error());
  if (started->pid == 0) return {};
  note(style_.dim(fmt::format("Started a local server at {} (process {}); it stops when it is unused for {}. Log: {}",
                              line_.server, started->pid, plan->idle_time, plan->log_file)));
  for (const std::string& notice : started->notices) note(style_.dim("plenumd: " + terminal_line(notice)));
  context_.output.flush();
  return {};
}

void Session::note_missing_keys() {
  if (line_.autostart_listen.empty()) return;
  const auto plan = plan_of_server();
  if (!plan) return;
  const auto missing = missing_variables(*plan, provider_variables_of(*plan, environ));
  if (!missing) return;
  note(style_.yellow(
      fmt::format("The running server (process {0}) was started without {1}. To use {2}, stop it with "
                  "`kill {0}` and repeat the command.",
                  missing->server, fmt::join(missing->names, ", "), missing->names.size() == 1 ? "it" : "them")));
}

Result<void> Session::check_view() const {
  if (!line_.full) return {};
  if (line_.json || line_.quiet) {
    return Failure(Error{ErrorCode::usage, "--full cannot be combined with --json or --quiet", "Omit one of them."});
  }
  const std::string& term = context_.plain.term;
  const bool usable = context_.one_terminal && !term.empty() && term != "dumb" && TerminalKeyboard().is_open();
  if (usable) return {};
  return Failure(Error{ErrorCode::usage, "--full needs a terminal for standard output, standard error and keys",
                       "Omit --full, or do not redirect the output."});
}

void Session::store_hint(const std::string& stream_id) const {
  client::store_hint(state_directory([](const char* name) { return std::getenv(name); }),
                     fmt::format("plenum attach {}{}", stream_id, server_argument()));
}

void Session::show_stored_hints() {
  if (!context_.err_is_terminal || line_.quiet) return;
  for (const std::string& hint : take_hints(state_directory([](const char* name) { return std::getenv(name); }))) {
    note(style_.dim("A terminal was closed while it followed a task. Follow it again with: " + terminal_line(hint)));
  }
}

std::unique_ptr<View> Session::make_view(int total_chunks) const {
  if (line_.format == OutputFormat::json) {
    return std::make_unique<SummaryView>(context_.output, exit_code_of, context_.out_is_terminal, line_.quiet);
  }
  if (line_.json) return std::make_unique<JsonView>(context_.output, context_.out_is_terminal, line_.quiet);
  const bool live = context_.one_terminal && !line_.quiet && !line_.plain && !wants_plain(context_.plain);
  if (live || line_.full) {
    LiveViewOptions options;
    options.color = style_is_colored();
    options.show_reasoning = line_.show_reasoning;
    options.reflows = reflows_lines(context_.plain);
    options.size = [] { return screen_size(STDERR_FILENO); };
    if (line_.full) {
      return std::make_unique<FullView>(context_.output, std::make_unique<TerminalKeyboard>(), context_.waiting,
                                        std::move(options));
    }
    return std::make_unique<LiveView>(context_.output, context_.waiting, std::move(options));
  }
  PlainViewOptions options;
  options.live = context_.out_is_terminal && !line_.quiet;
  options.progress = !line_.quiet;
  options.out_is_terminal = context_.out_is_terminal;
  options.show_reasoning = line_.show_reasoning;
  options.color = style_is_colored();
  options.total_chunks = total_chunks;
  return std::make_unique<PlainView>(context_.output, options);
}

bool Session::style_is_colored() const { return use_color(line_.color, context_.color, context_.err_is_terminal); }

int Session::reply(const Json& body, const std::string& text) {
  if (line_.json) {
    write_json(body);
  } else {
    context_.output.out(text);
  }
  return 0;
}

void Session::write_json(const Json& body) {
  const std::string json = dump_json(body);
  context_.output.out((context_.out_is_terminal ? terminal_json(json) : json) + "\n");
}

int Session::fail(const Error& error) {
  context_.output.err(style_.red("plenum: " + terminal_text(error_text(error))) + "\n");
  return row_of(error.code).exit_code;
}

std::string Session::shown_id(const std::string& stream_id) const {
  constexpr std::size_t shown_characters = 8;
  return context_.err_is_terminal ? stream_id.substr(0, shown_characters) : stream_id;
}

void Session::note(const std::string& text) {
  if (!line_.quiet) context_.output.err(text + "\n");
}

}  // namespace plenum::client
