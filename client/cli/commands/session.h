// One invocation of `plenum`, with what its commands share: the server it talks to, how it answers and how
// it fails. What runs or follows a task is in session.cpp, the rest in commands.cpp and history_commands.cpp.
// Only the thread of the commands.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/api/api_client.h"
#include "client/api/stream_cursor.h"
#include "client/cli/commands/commands.h"
#include "client/cli/render/view.h"

namespace plenum::client {

class Session {
 public:
  Session(const CommandLine& line, const CommandContext& around)
      : line_(line),
        around_(around),
        style_(wants_colour(line.color, around.color, around.err_is_terminal)),
        api_(ApiOptions{.server = line.server, .retry_for = line.retry_for}, around.waiting) {}

  int operator()(const RunCommand& command);
  int operator()(const AttachCommand& command);
  int operator()(const StatusCommand& command);
  int operator()(const CancelCommand& command);
  int operator()(const SkipCommand& command);
  int operator()(const ListCommand& command);
  int operator()(const ExportCommand& command);
  int operator()(const RetryCommand& command);
  int operator()(const DeleteCommand& command);
  int operator()(const ModelsCommand& command);
  int operator()(const WorkflowsCommand& command);
  int operator()(const ShowWorkflowCommand& command);
  int operator()(const CheckWorkflowsCommand& command);

 private:
  Result<TaskSpec> build_spec(const RunCommand& command);
  // Hands something in by this call and then follows its stream, or leaves it alone.
  using SubmitFunction = std::function<Result<AcceptedTask>(const ApiClient::OnRetry& on_retry)>;
  int submit(const SubmitFunction& call, bool then_detach);
  Result<AcceptedTask> accepted_by(const SubmitFunction& call);
  int detach(const AcceptedTask& accepted);
  int cancel_at_once(const AcceptedTask& accepted);
  int follow(const std::string& stream_id, StreamCursor start);
  std::unique_ptr<View> make_view() const;
  int reply(const Json& body, const std::string& text, int exit_code);
  int fail(const Error& error);
  // Whether the person at the terminal wants it deleted; fails when there is nobody to ask.
  Result<bool> wants_deleted(const std::string& stream_id);
  void say(const std::string& text);
  void write_json(const Json& body);
  std::string server_argument() const { return line_.server_is_default ? "" : " --server " + line_.server; }

  const CommandLine& line_;
  const CommandContext& around_;
  const Style style_;
  ApiClient api_;
};

}  // namespace plenum::client
