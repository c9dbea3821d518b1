// Exit codes and error texts of the client. Pure: any thread.
// Source: docs/client.md, "Exit codes".
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/json/json.h"
#include "common/protocol/event.h"

namespace plenum::client {

inline constexpr int exit_failed = 1;
inline constexpr int exit_degraded = 3;

// The exit code of a terminal event: 0, 3 if degraded, 130 if cancelled, else that of the error table.
int exit_code_of(const ReceivedEvent& terminal);
// The same from a status response; 0 for a task that is running.
int exit_code_of_status(const Json& status);
// Cause and remedy. Remedies that name routes are replaced by commands of this program.
std::string error_text(const Error& error);

}  // namespace plenum::client
