// What plenumd wrote to its log while it started. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plenum::client {

struct StartFailure {
  std::string cause;   // empty: the log has none
  std::string remedy;  // likewise
};

// The error with which plenumd ended: the lines after its last `plenumd: `, of which the last one is the remedy.
StartFailure failure_in_log(std::string_view log);
// What a user should know about keys and settings, such as why the offline provider is used: log lines of level info or
// warning about them, without time and level.
std::vector<std::string> notices_in_log(std::string_view log);

}  // namespace plenum::client
