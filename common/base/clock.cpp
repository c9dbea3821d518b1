#include "common/base/clock.h"

#include <cstdint>

namespace plenum {
namespace {

constexpr std::int64_t ms_per_day = 86'400'000;
constexpr std::size_t seconds_length = std::string_view("2026-11-21T01:02:03").size();

void put_digits(char* at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// Reads exactly `digits` digits at text[at]; -1 if there are fewer.
int read_digits(std::string_view text, std::size_t at, int digits) {
  int value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

// Removes a fraction from the front of text and returns it in milliseconds. False if no digit follows the dot.
bool take_fraction(std::string_view& text, int& ms) {
  ms = 0;
  if (text.empty() || text.front() != '.') return true;
  text.remove_prefix(1);
  int scale = 100;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, scale /= 10) {
    ms += (text[digits] - '0') * scale;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

}  // namespace

SteadyTime SystemClock::steady() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

// Not strftime: every event has a timestamp, and strftime takes longer than the rest of a token's frame.
std::string rfc3339(WallTime time) {
  const std::int64_t ms = time.time_since_epoch().count();
  const std::int64_t days = ms >= 0 ? ms / ms_per_day : -((-ms + ms_per_day - 1) / ms_per_day);
  const auto of_day = static_cast<unsigned>(ms - days * ms_per_day);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};

  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(&text[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(&text[5], static_cast<unsigned>(date.month()), 2);
  put_digits(&text[8], static_cast<unsigned>(date.day()), 2);
  put_digits(&text[11], of_day / 3'600'000, 2);
  put_digits(&text[14], of_day / 60'000 % 60, 2);
  put_digits(&text[17], of_day / 1000 % 60, 2);
  put_digits(&text[20], of_day % 1000, 3);
  return text;
}

bool parse_rfc3339(std::string_view text, WallTime& out) {
  if (text.size() <= seconds_length) return false;
  if (text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' || text[16] != ':') return false;
  const int year = read_digits(text, 0, 4), month = read_digits(text, 5, 2), day = read_digits(text, 8, 2);
  const int hour = read_digits(text, 11, 2), minute = read_digits(text, 14, 2), second = read_digits(text, 17, 2);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  // A leap second is valid (RFC 3339, 5.7) and becomes the next second, because Unix time has no number for it.
  if (second < 0 || second > (hour == 23 && minute == 59 ? 60 : 59)) return false;

  std::string_view rest = text.substr(seconds_length);
  int ms = 0;
  if (!take_fraction(rest, ms)) return false;
  if (rest != "Z" && rest != "z" && rest != "+00:00" && rest != "-00:00") return false;

  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return false;
  out = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{second} +
        milliseconds{ms};
  return true;
}

}  // namespace plenum
