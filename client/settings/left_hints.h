// Attach commands that could not be shown when the client exited, because its terminal was closed. They are stored in
// the state directory of the user and shown by the next command on a terminal.
#pragma once

#include <string>
#include <vector>

namespace plenum::client {

// Errors are ignored: there is no one left to report them to. Any thread.
void store_hint(const std::string& directory, const std::string& command);
// The stored commands, oldest first; they are removed. Any thread.
std::vector<std::string> take_hints(const std::string& directory);

}  // namespace plenum::client
