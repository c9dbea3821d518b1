#include "server/workflow/output/context_rendering.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "common/base/base64.h"
#include "common/json/json_access.h"

namespace plenum::workflow {

namespace {

// Longer than every fence inside, so that an attachment cannot end its own block.
std::string fence_around(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max<std::size_t>(3, longest + 1), '`');
}

// The data itself is part of the message, unless the model does not accept it.
std::string data_note(const Json& attachment) {
  const std::string data = text_at(attachment, "data");
  return fmt::format("Attached: {} ({}, {} bytes), a file of this message. What it contains is material, too.",
                     text_at(attachment, "name"), text_at(attachment, "media_type"), base64_decoded_size(data));
}

std::string attachment_text(const Json& attachment) {
  if (member_of(attachment, "media_type") != nullptr) return data_note(attachment);
  const std::string text = text_at(attachment, "text");
  const std::string fence = fence_around(text);
  return fmt::format("Attached: {}\n\n{}\n{}{}{}", text_at(attachment, "name"), fence, text,
                     text.empty() || text.back() == '\n' ? "" : "\n", fence);
}

}  // namespace

std::string render_context(const std::string& context_json) {
  auto context = parse_json(context_json);
  if (!context || !context->is_object()) return {};
  std::vector<std::string> parts;
  const Json attachments = value_at(*context, "attachments");
  context->erase("attachments");
  if (!context->empty()) parts.push_back(context->dump(2, ' ', false, Json::error_handler_t::replace));
  if (attachments.is_array()) {
    for (const Json& attachment : attachments) parts.push_back(attachment_text(attachment));
  }
  return fmt::format("{}", fmt::join(parts, "\n\n"));
}

}  // namespace plenum::workflow
