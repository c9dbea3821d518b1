// Time enters through this port, so that tests never sleep.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace plenum {

using std::chrono::milliseconds;
using std::chrono::seconds;

using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, milliseconds>;

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime steady() const = 0;  // for waits and ages; never goes back
  virtual WallTime wall() const = 0;      // for people; may jump
};

class SystemClock final : public Clock {
 public:
  SteadyTime steady() const override;
  WallTime wall() const override;
};

// RFC 3339 in UTC with milliseconds: 2026-11-21T01:02:03.004Z, always 24 bytes.
std::string rfc3339(WallTime time);
// The time written so; nothing if the text is not RFC 3339 in UTC.
bool parse_rfc3339(std::string_view text, WallTime& out);

}  // namespace plenum
