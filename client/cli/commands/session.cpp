#include "client/cli/commands/session.h"

#include <nlohmann/json.hpp>

#include "client/cli/commands/outcome.h"
#include "client/cli/render/json_view.h"
#include "client/cli/render/plain_view.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

Session::Session(const CommandLine& line, const CommandContext& context)
    : line_(line),
      context_(context),
      style_(use_color(line.color, context.color, context.err_is_terminal)),
      api_(ApiOptions{.server = line.server, .retry_for = line.retry_for}, context.waiting) {}

std::unique_ptr<View> Session::make_view() const {
  if (line_.json) return std::make_unique<JsonView>(context_.output, context_.out_is_terminal, line_.quiet);
  PlainViewOptions options;
  options.live = context_.out_is_terminal && !line_.quiet;
  options.progress = !line_.quiet;
  options.out_is_terminal = context_.out_is_terminal;
  options.show_reasoning = line_.show_reasoning;
  options.color = use_color(line_.color, context_.color, context_.err_is_terminal);
  return std::make_unique<PlainView>(context_.output, options);
}

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

void Session::note(const std::string& text) {
  if (!line_.quiet) context_.output.err(text + "\n");
}

}  // namespace plenum::client
