#include "client/cli/commands/task_input.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/cli/args/input_text.h"
#include "common/base/base64.h"
#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/files/file_reader.h"
#include "common/json/json.h"
#include "common/protocol/media_type.h"

namespace plenum::client {
namespace {

constexpr std::size_t input_bytes_max = 1 << 20;  // of a task

// The type is that of the content, whatever the name is.
Result<Json> attachment_from(const std::string& path, const std::string& content) {
  const auto slash = path.rfind('/');
  Json attachment;
  attachment["name"] = repaired_utf8(slash == path.npos ? path : path.substr(slash + 1));
  const MediaType* type = media_type_of(content);
  if (type != nullptr && content.size() > type->bytes_max) {
    return Failure(
        Error{ErrorCode::usage,
              fmt::format("--file {} has more than {} MiB, the limit for {}", path, type->bytes_max >> 20, type->name),
              type->kind == AttachmentKind::image ? "Scale it down." : "Attach fewer pages."});
  }
  if (type != nullptr) {
    attachment["media_type"] = std::string(type->name);
    attachment["data"] = base64_encoded(content);
  } else if (const auto fault = utf8_fault(content)) {
    return Failure(
        Error{ErrorCode::usage,
              fmt::format("--file {} is neither text in UTF-8 ({}) nor one of {}", path, *fault, media_type_list()),
              is_binary(content) ? "Convert it to one of these." : utf8_remedy(content)});
  } else if (content.size() > input_bytes_max) {
    return Failure(Error{ErrorCode::usage, fmt::format("--file {} has more than 1 MiB, the limit for text", path),
                         "Attach the part that the task needs, for example with head -c."});
  } else {
    attachment["text"] = std::string(without_byte_order_mark(content));
  }
  return attachment;
}

// The text itself, or after `@` that of a file.
Result<std::string> text_or_file(std::string_view argument, std::string_view option) {
  if (argument.starts_with('@')) return file_text(std::string(argument.substr(1)), fmt::format("{}@", option));
  return input_text(argument, option);
}

// An attachment is read whole before its type is known.
std::size_t attachment_bytes_max() {
  std::size_t max = input_bytes_max;
  for (const MediaType& type : media_types()) max = std::max(max, type.bytes_max);
  return max;
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
    if (count == 0) return input_text(text, "standard input");
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (text.size() > input_bytes_max) {
      return Failure(Error{ErrorCode::usage, "standard input has more than 1 MiB, the size limit of a task",
                           "Send less, for example with head -c."});
    }
  }
}

Result<std::string> context_from(std::string_view argument, const std::vector<std::string>& files) {
  const bool is_file = argument.ends_with(".json");  // no JSON object ends so
  const bool is_marked = argument.starts_with('@');
  const auto text =
      is_file ? file_text(std::string(argument.substr(is_marked ? 1 : 0)), is_marked ? "--context @" : "--context ")
              : text_or_file(argument.empty() ? "{}" : argument, "--context ");
  if (!text) return text;
  Result<Json> json = parse_json(*text);
  if (!json || !json->is_object()) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("the context is not a JSON object{}", json ? "" : ": " + json.error().message),
                         "Use the form --context '{\"language\":\"Go\"}', --context FILE.json or --context @FILE."});
  }
  for (const std::string& path : files) {
    const auto read = read_file(path, "--file " + path, {.bytes_max = attachment_bytes_max()});
    if (!read) return read;
    auto attachment = attachment_from(path, *read);
    if (!attachment) return Failure(attachment.error());
    (*json)["attachments"].push_back(*std::move(attachment));
  }
  return dump_json(*json);
}

Result<std::pair<std::string, std::string>> persona_from(std::string_view argument) {
  const auto equals = argument.find('=');
  const auto name = input_text(argument.substr(0, equals), "the name of a persona");
  if (!name) return Failure(name.error());
  const auto text = text_or_file(argument.substr(equals + 1), fmt::format("--persona {}=", *name));
  if (!text) return Failure(text.error());
  return std::pair(*name, *text);
}

Result<ResponseFormat> response_format_from(const std::string& argument) {
  if (argument == "text") return ResponseFormat{ResponseFormat::Kind::text, {}, {}};
  if (argument == "json") return ResponseFormat{ResponseFormat::Kind::json_object, {}, {}};
  auto text = file_text(argument, "--response-format ");
  if (!text && text.error().code == ErrorCode::usage) {
    text.error().remedy += " The option takes text, json, or the path of a file with a JSON schema.";
  }
  if (!text) return Failure(text.error());
  const Result<Json> schema = parse_json(*text);
  if (!schema || !schema->is_object()) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("--response-format {} is not a JSON schema{}", argument,
                                     schema ? "" : ": " + schema.error().message),
                         "Write a JSON object, such as {\"type\":\"object\"}."});
  }
  return ResponseFormat{ResponseFormat::Kind::json_schema, "answer", dump_json(*schema)};
}

}  // namespace plenum::client
