// One invocation of `plenum`: the server and the output that all commands share. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "client/api/api_client.h"
#include "client/autostart/launch_plan.h"
#include "client/cli/commands/commands.h"
#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"

namespace plenum::client {

class Session {
 public:
  // Both must outlive the session.
  Session(const CommandLine& line, const CommandContext& context);

  const CommandLine& line() const { return line_; }
  const CommandContext& context() const { return context_; }
  const Style& style() const { return style_; }
  ApiClient& api() { return api_; }
  // ` --server URL` for hints, if the address is not the default one.
  std::string server_argument() const { return line_.server_is_default ? "" : " --server " + line_.server; }

  // The view of a stream: JSON lines, the live view on a terminal, or plain text. total_chunks: of a
  // stream that is not read from its start; 0: not known.
  std::unique_ptr<View> make_view(int total_chunks = 0) const;
  // Fails with usage if the view that the options select cannot be shown.
  Result<void> check_view() const;
  // Writes a response: the JSON body with --json, else the text. Returns 0.
  int reply(const Json& body, const std::string& text);
  void write_json(const Json& body);
  // Writes cause and remedy to standard error. Returns the exit code of the error.
  int fail(const Error& error);
  // Warns if provider keys were exported after the local server was started, which does not see them.
  void note_missing_keys();
  // For messages about one of the newest tasks: on a terminal the beginning of its id.
  std::string shown_id(const std::string& stream_id) const;
  // For a task whose attach command could not be written: the next command on a terminal shows it.
  void store_hint(const std::string& stream_id) const;
  void show_stored_hints();
  // Writes a line to standard error, unless --quiet is set.
  void note(const std::string& text);

 private:
  // Starts a local server and reports it. Called by api_ when none is running.
  Result<void> start_server();
  Result<LaunchPlan> plan_of_server() const;
  bool style_is_colored() const;

  const CommandLine& line_;        // set once
  const CommandContext& context_;  // set once
  const Style style_;              // set once
  ApiClient api_;
};

}  // namespace plenum::client
