#include "server/workflow/planning/task_attachments.h"

#include <algorithm>
#include <charconv>

#include "common/base/base64.h"
#include "common/base/strings.h"
#include "common/json/json_access.h"

namespace plenum::workflow {

namespace {

constexpr std::int64_t pages_max = 1000;  // no vendor reads more
constexpr std::int64_t bytes_per_page = 20'000;

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  return text;
}

// Occurrences of `/Type /Page`, without those of `/Pages`.
std::int64_t page_objects(std::string_view bytes) {
  constexpr std::string_view key = "/Type", value = "/Page";
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = bytes.find(key, at)) != bytes.npos;) {
    at += key.size();
    const std::string_view after = without_blanks(bytes.substr(at, 32));
    if (after.starts_with(value) && (after.size() == value.size() || !is_alphanumeric(after[value.size()]))) ++count;
  }
  return count;
}

// The largest `/Count` of a page tree.
std::int64_t counted_pages(std::string_view bytes) {
  constexpr std::string_view key = "/Count";
  std::int64_t most = 0;
  for (std::size_t at = 0; (at = bytes.find(key, at)) != bytes.npos;) {
    at += key.size();
    const std::string_view digits = without_blanks(bytes.substr(at, 32));
    std::int64_t count = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    most = std::max(most, std::min(count, pages_max));
  }
  return most;
}

core::Attachment attachment_in(const Json& json) {
  core::Attachment attachment{text_at(json, "name"), text_at(json, "media_type"), {}, text_at(json, "data"), 0};
  const MediaType* type = media_type_named(attachment.media_type);
  const auto bytes = type != nullptr ? base64_decoded(attachment.data) : std::nullopt;
  if (!bytes) {
    attachment.data.clear();
    return attachment;
  }
  attachment.kind = type->kind;
  attachment.tokens = estimated_tokens(type->kind, *bytes);
  return attachment;
}

}  // namespace

std::int64_t pdf_pages(std::string_view bytes) {
  const std::int64_t found = std::min(std::max(page_objects(bytes), counted_pages(bytes)), pages_max);
  return found > 0 ? found : std::min(1 + static_cast<std::int64_t>(bytes.size()) / bytes_per_page, pages_max);
}

std::int64_t estimated_tokens(AttachmentKind kind, std::string_view bytes) {
  return kind == AttachmentKind::image ? image_tokens : pdf_pages(bytes) * pdf_page_tokens;
}

core::Attachments attachments_of(const std::string& context_json) {
  if (context_json.find("\"media_type\"") == std::string::npos) return nullptr;  // nearly all: megabytes to parse
  const auto context = parse_json(context_json);
  if (!context) return nullptr;
  std::vector<core::Attachment> found = items_at(*context, "attachments", attachment_in);
  std::erase_if(found, [](const core::Attachment& attachment) { return attachment.data.empty(); });
  if (found.empty()) return nullptr;
  return std::make_shared<const std::vector<core::Attachment>>(std::move(found));
}

}  // namespace plenum::workflow
