#include "client/cli/task_input.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/api/trimmed.h"
#include "common/json.h"

namespace plenum::client {
namespace {

constexpr std::size_t input_bytes_max = 1 << 20;  // as much as the server takes in one request

bool is_blank(std::string_view text) { return trimmed(text).empty(); }

}  // namespace

Result<std::string> joined_task(const std::optional<std::string>& typed, std::string_view piped) {
  while (!piped.empty() && (piped.back() == '\n' || piped.back() == '\r')) piped.remove_suffix(1);
  const bool has_words = typed && *typed != "-" && !is_blank(*typed);
  if (has_words && is_blank(piped)) return *typed;
  if (has_words) return fmt::format("{}\n\n{}", *typed, piped);
  if (!is_blank(piped)) return std::string(piped);
  return Failure(Error{ErrorCode::usage, "there is no task", "Give one in quotes, or pipe one in: plenum run \"…\"."});
}

Result<std::string> read_piped(int fd, Waiting& waiting, const std::function<void()>& on_wait) {
  std::string text;
  std::array<char, 16 * 1024> bytes{};
  bool waited = false;
  while (true) {
    std::array<pollfd, 2> inputs{pollfd{fd, POLLIN, 0}, pollfd{waiting.wake_fd(), POLLIN, 0}};
    constexpr int patience_ms = 1'000;
    const int ready = ::poll(inputs.data(), inputs.size(), patience_ms);
    if (ready == 0 && !std::exchange(waited, true)) on_wait();
    if (ready > 0 && inputs[1].revents != 0 && !waiting.woken()) {
      return Failure(Error{ErrorCode::cancelled, "interrupted before a task was handed in"});
    }
    if (ready <= 0 || inputs[0].revents == 0) continue;
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    // Standard input may be shared with somebody who made it non-blocking or read what was there.
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) {
      return Failure(Error{ErrorCode::usage, fmt::format("standard input cannot be read: {}", std::strerror(errno)),
                           "Give the task as an argument."});
    }
    if (count == 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (text.size() > input_bytes_max) {
      return Failure(Error{ErrorCode::usage, "standard input holds more than 1 MiB, the most a task can be",
                           "Pipe in less, for example with head -c."});
    }
  }
}

Result<std::string> context_from(std::string_view argument) {
  if (argument.empty()) return std::string("{}");
  std::string text(argument);
  if (argument.front() == '@') {
    const std::string path(argument.substr(1));
    std::ifstream file(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
    if (!file) {
      return Failure(Error{ErrorCode::usage, fmt::format("the context file {} cannot be read", path),
                           "Check its name, or give the JSON itself."});
    }
  }
  const Result<Json> json = parse_json(text);
  if (!json || !json->is_object()) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("the context is not a JSON object{}", json ? "" : ": " + json.error().message),
                         "Write it like --context '{\"language\":\"Go\"}' or --context @FILE."});
  }
  return dump_json(*json);
}

}  // namespace plenum::client
