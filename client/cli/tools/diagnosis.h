// What `plenum doctor` judges: one finding per check, from what was measured. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/json/json.h"

namespace plenum::client {

enum class Finding : std::uint8_t { ok, warning, failed };

struct Check {
  std::string name;
  Finding finding = Finding::ok;
  std::string detail;
  std::string remedy{};  // empty if it is ok
};

// status: the response of the server's status route.
Check version_check(const std::string& server, const Json& status, std::string_view own_version);
Check unreachable_check(const Error& error);
// The clocks of both machines: dates in lists and deadlines in logs would be misleading.
Check clock_check(const Json& status, WallTime own, milliseconds round_trip);
// models: the response of the models route.
Check keys_check(const Json& models);
// How long the first event of a stream took; nothing: none arrived. A proxy that buffers holds it back.
Check streaming_check(const std::optional<milliseconds>& first_event, const std::string& cause);

struct TerminalFacts {
  bool is_terminal = false;
  std::string term;    // TERM
  std::string locale;  // the locale of characters
  std::size_t columns = 0;
  bool has_color = false;
};
Check terminal_check(const TerminalFacts& facts);

// Whether any check failed.
bool any_failed(const std::vector<Check>& checks);
std::string checks_text(const std::vector<Check>& checks);
Json checks_json(const std::vector<Check>& checks);

}  // namespace plenum::client
