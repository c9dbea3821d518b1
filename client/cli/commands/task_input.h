// The texts of a task: arguments, standard input, files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/api/waiter.h"
#include "common/base/result.h"
#include "common/protocol/model_parameters.h"

namespace plenum::client {

// The task from the argument (none or `-`: standard input alone) and the piped text, joined with an empty line. Fails
// with usage if both are blank.
Result<std::string> joined_task(const std::optional<std::string>& argument, std::string_view piped);
// Reads fd, the standard input, to its end, as text in UTF-8. on_wait is called once if no byte arrives for a second,
// to print a hint. Fails with usage past the size limit of a task or if it is not UTF-8, with cancelled on a stop
// request.
Result<std::string> read_piped(int fd, Waiter& waiting, const std::function<void()>& on_wait);
// The context object as JSON text, from JSON or @FILE, with the files as its attachments; `{}` if both are empty.
// Fails with usage.
Result<std::string> context_from(std::string_view argument, const std::vector<std::string>& files = {});
// The name and text of a persona, from NAME=TEXT or NAME=@FILE. Fails with usage.
Result<std::pair<std::string, std::string>> persona_from(std::string_view argument);
// From `text`, `json` or the path of a file with a JSON schema. Fails with usage.
Result<ResponseFormat> response_format_from(const std::string& argument);

}  // namespace plenum::client
