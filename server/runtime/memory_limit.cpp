#include "server/runtime/memory_limit.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

namespace plenum::runtime {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// The number at the start; `max` and anything else is no limit.
std::size_t limit_in(std::string_view text) {
  std::size_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc{} ? value : none;
}

std::size_t machine_memory(const std::string& root) {
  constexpr std::string_view field = "MemTotal:";
  const std::string text = text_of(root + "/proc/meminfo");
  auto at = text.find(field);
  if (at == std::string::npos) return none;
  at = text.find_first_not_of(' ', at + field.size());
  const std::size_t kibibytes = at == std::string::npos ? none : limit_in(std::string_view(text).substr(at));
  return kibibytes == none ? none : kibibytes * 1024;
}

// The limit of this group and of all groups above it.
std::size_t limit_of(const std::string& mount, std::string group, const char* file) {
  std::size_t least = none;
  for (;;) {
    least = std::min(least, limit_in(text_of(mount + group + '/' + file)));
    const auto slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos) return least;
    group.resize(slash);
  }
}

// A line of /proc/self/cgroup: `hierarchy:controllers:path`; version 2 has no controllers.
std::size_t limit_of_line(const std::string& root, const std::string& line) {
  const auto first = line.find(':');
  const auto second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return none;
  const std::string controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
  std::string group = line.substr(second + 1);
  if (group == "/") group.clear();
  if (controllers == ",,") return limit_of(root + "/sys/fs/cgroup", group, "memory.max");
  if (controllers.find(",memory,") == std::string::npos) return none;
  return limit_of(root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
}

}  // namespace

std::size_t usable_memory(const std::string& root) {
  std::size_t least = machine_memory(root);
  std::istringstream groups(text_of(root + "/proc/self/cgroup"));
  for (std::string line; std::getline(groups, line);) least = std::min(least, limit_of_line(root, line));
  return least == none ? 0 : least;
}

}  // namespace plenum::runtime
