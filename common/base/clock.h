// The time source: a port, so that tests need no real time.
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
  virtual SteadyTime steady() const = 0;  // monotonic: for waits and ages
  virtual WallTime wall() const = 0;      // for timestamps; may jump
};

class SystemClock final : public Clock {
 public:
  SteadyTime steady() const override;
  WallTime wall() const override;
};

// RFC 3339 in UTC with milliseconds: 2026-11-21T01:02:03.004Z, always 24 bytes.
std::string rfc3339(WallTime time);
// Parses RFC 3339 in UTC into out. Returns false for any other text.
bool parse_rfc3339(std::string_view text, WallTime& out);

}  // namespace plenum
