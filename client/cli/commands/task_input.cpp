#include "client/cli/commands/task_input.h"

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

#include "common/base/base64.h"
#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/json/json.h"
#include "common/protocol/media_type.h"

namespace plenum::client {
namespace {

constexpr std::size_t input_bytes_max = 1 << 20;  // of a task

Result<std::string> text_of_file(const std::string& path, std::string_view what) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) {
    return Failure(Error{ErrorCode::usage, fmt::format("the {} file {} cannot be read", what, path),
                         "Check its name and permissions."});
  }
  return text;
}

// The type is that of the content, whatever the name is.
Result<Json> attachment_from(const std::string& path, std::string content) {
  const auto slash = path.rfind('/');
  Json attachment;
  attachment["name"] = slash == path.npos ? path : path.substr(slash + 1);
  const MediaType* type = media_type_of(content);
  if (type != nullptr && content.size() > type->bytes_max) {
    return Failure(
        Error{ErrorCode::usage,
              fmt::format("{} has more than {} MiB, the limit for {}", path, type->bytes_max >> 20, type->name),
              type->kind == AttachmentKind::image ? "Scale it down." : "Attach fewer pages."});
  }
  if (type != nullptr) {
    attachment["media_type"] = std::string(type->name);
    attachment["data"] = base64_encoded(content);
  } else if (is_utf8(content)) {
    attachment["text"] = std::move(content);
  } else {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("{} is neither UTF-8 text nor one of {}", path, media_type_list()),
                         "Convert it to one of these."});
  }
  return attachment;
}

}  // namespace

Result<std::string> joined_task(const std::optional<std::string>& argument, std::string_view piped) {
  while (!piped.empty() && (piped.back() == '\n' || piped.back() == '\r')) piped.remove_suffix(1);
  const bool has_argument = argument && *argument != "-" && !is_blank(*argument);
  if (has_argument && is_blank(piped)) return *argument;
  if (has_argument) return fmt::format("{}\n\n{}", *argument, piped);
  if (!is_blank(piped)) return std::string(piped);
  return Failure(
      Error{ErrorCode::usage, "there is no task", "Pass it in quotes, or on standard input: plenum run \"…\""});
}

Result<std::string> read_piped(int fd, Waiter& waiting, const std::function<void()>& on_wait) {
  std::string text;
  std::array<char, 16 * 1024> bytes{};
  bool waited = false;
  while (true) {
    std::array<pollfd, 2> inputs{pollfd{fd, POLLIN, 0}, pollfd{waiting.wake_fd(), POLLIN, 0}};
    constexpr int hint_after_ms = 1'000;
    const int ready = ::poll(inputs.data(), inputs.size(), hint_after_ms);
    if (ready == 0 && !std::exchange(waited, true)) on_wait();
    if (ready > 0 && inputs[1].revents != 0 && !waiting.woken()) {
      return Failure(Error{ErrorCode::cancelled, "interrupted before the task was submitted"});
    }
    if (ready <= 0 || inputs[0].revents == 0) continue;
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    // Another process may share standard input, and make it non-blocking or read the bytes first.
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) {
      return Failure(Error{ErrorCode::usage, fmt::format("standard input cannot be read: {}", std::strerror(errno)),
                           "Pass the task as an argument."});
    }
    if (count == 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (text.size() > input_bytes_max) {
      return Failure(Error{ErrorCode::usage, "standard input has more than 1 MiB, the size limit of a task",
                           "Send less, for example with head -c."});
    }
  }
}

Result<std::string> context_from(std::string_view argument, const std::vector<std::string>& files) {
  std::string text(argument.empty() ? "{}" : argument);
  if (text.front() == '@') {
    auto read = text_of_file(text.substr(1), "context");
    if (!read) return read;
    text = *std::move(read);
  }
  Result<Json> json = parse_json(text);
  if (!json || !json->is_object()) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("the context is not a JSON object{}", json ? "" : ": " + json.error().message),
                         "Use the form --context '{\"language\":\"Go\"}' or --context @FILE."});
  }
  for (const std::string& path : files) {
    auto read = text_of_file(path, "attached");
    if (!read) return read;
    auto attachment = attachment_from(path, *std::move(read));
    if (!attachment) return Failure(attachment.error());
    (*json)["attachments"].push_back(*std::move(attachment));
  }
  return dump_json(*json);
}

Result<std::pair<std::string, std::string>> persona_from(std::string_view argument) {
  const auto equals = argument.find('=');
  std::string text(argument.substr(equals + 1));
  if (!text.empty() && text.front() == '@') {
    auto read = text_of_file(text.substr(1), "persona");
    if (!read) return Failure(read.error());
    text = *std::move(read);
  }
  return std::pair(std::string(argument.substr(0, equals)), std::move(text));
}

Result<ResponseFormat> response_format_from(const std::string& argument) {
  if (argument == "text") return ResponseFormat{ResponseFormat::Kind::text, {}, {}};
  if (argument == "json") return ResponseFormat{ResponseFormat::Kind::json_object, {}, {}};
  auto text = text_of_file(argument, "schema");
  if (!text) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("the response format {} is not a file that can be read", argument),
                         "Use text, json, or the path of a file with a JSON schema."});
  }
  const Result<Json> schema = parse_json(*text);
  if (!schema || !schema->is_object()) {
    return Failure(
        Error{ErrorCode::usage,
              fmt::format("{} is not a JSON schema{}", argument, schema ? "" : ": " + schema.error().message),
              "Write a JSON object, such as {\"type\":\"object\"}."});
  }
  return ResponseFormat{ResponseFormat::Kind::json_schema, "answer", dump_json(*schema)};
}

}  // namespace plenum::client
