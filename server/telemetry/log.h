// Log lines of all modules: log::warning("store: {} tasks are left", count).
// A line is formatted here and passed on as text: spdlog's own formatting templates would add 2 s to the
// compile time of every file that logs. Before start_logging(), lines go to spdlog's default, standard
// output. Any thread; never blocks.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace plenum::log {

enum class Level : std::uint8_t { trace, info, warning, error };

// Whether lines of this level are written at all.
bool enabled(Level level);
void write(Level level, std::string_view line);
// Lines that were logged and not written so far.
std::uint64_t dropped_lines();

template <class... Arguments>
void write_formatted(Level level, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (enabled(level)) write(level, fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_formatted(Level::info, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_formatted(Level::warning, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_formatted(Level::error, format, std::forward<Arguments>(arguments)...);
}

}  // namespace plenum::log
