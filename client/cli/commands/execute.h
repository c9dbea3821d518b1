// One function per command: calls the server, writes the output, returns the exit code. Blocking; not thread-safe.
#pragma once

#include "client/cli/args/command_line.h"
#include "client/cli/commands/session.h"

namespace plenum::client {

// Commands that follow a stream: run_commands.cpp.
int execute(Session& session, const RunCommand& command);
int execute(Session& session, const RetryCommand& command);
int execute(Session& session, const ExtendCommand& command);
int execute(Session& session, const AttachCommand& command);
int execute(Session& session, const WaitCommand& command);
// Commands about one task or the list: task_commands.cpp.
int execute(Session& session, const StatusCommand& command);
int execute(Session& session, const CancelCommand& command);
int execute(Session& session, const SkipCommand& command);
int execute(Session& session, const ListCommand& command);
int execute(Session& session, const ExportCommand& command);
int execute(Session& session, const DeleteCommand& command);
// The answers of past tasks: answer_commands.cpp.
int execute(Session& session, const ResultCommand& command);
int execute(Session& session, const LogsCommand& command);
// Commands about conversations: conversation_commands.cpp.
int execute(Session& session, const ConversationsCommand& command);
int execute(Session& session, const ShowConversationCommand& command);
int execute(Session& session, const RenameConversationCommand& command);
int execute(Session& session, const DeleteConversationCommand& command);
// Commands about the server: server_commands.cpp.
int execute(Session& session, const ModelsCommand& command);
int execute(Session& session, const CouncilsCommand& command);
int execute(Session& session, const StandingsCommand& command);
int execute(Session& session, const WorkflowsCommand& command);
int execute(Session& session, const ShowWorkflowCommand& command);
int execute(Session& session, const CheckWorkflowsCommand& command);
int execute(Session& session, const NewWorkflowCommand& command);
int execute(Session& session, const VersionCommand& command);
// Completion of the shells: completion_commands.cpp.
int execute(Session& session, const CompletionCommand& command);
int execute(Session& session, const CompleteCommand& command);

// Commands about the client itself: client/cli/tools.
int execute(Session& session, const ShowConfigCommand& command);
int execute(Session& session, const SetConfigCommand& command);
int execute(Session& session, const EditConfigCommand& command);
int execute(Session& session, const ConfigPathCommand& command);
int execute(Session& session, const KeysCommand& command);
int execute(Session& session, const SetKeyCommand& command);
int execute(Session& session, const RemoveKeyCommand& command);
int execute(Session& session, const DoctorCommand& command);
int execute(Session& session, const DemoCommand& command);

}  // namespace plenum::client
