// What a task is made of besides options: words from the command line, standard input, a context file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/api/waiter.h"
#include "common/base/result.h"

namespace plenum::client {

// The task from what was typed (`-` and nothing both mean standard input) and what was piped in; both
// are joined with an empty line between. Fails with usage when there is no task.
Result<std::string> joined_task(const std::optional<std::string>& typed, std::string_view piped);
// Everything that fd gives, up to what a task can hold. on_wait is called once when nothing comes for a
// second, so that nobody waits for a program that waits for them. Fails with usage when it is too much,
// with cancelled when waiting says stop.
Result<std::string> read_piped(int fd, Waiter& waiting, const std::function<void()>& on_wait);
// The context object's text, from JSON or from @FILE, with the files as its attachments; `{}` for nothing.
// Fails with usage.
Result<std::string> context_from(std::string_view argument, const std::vector<std::string>& files = {});
// A persona's name and text, from NAME=TEXT or NAME=@FILE. Fails with usage.
Result<std::pair<std::string, std::string>> persona_from(std::string_view argument);

}  // namespace plenum::client
