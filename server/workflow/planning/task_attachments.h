// The attachments of a task that are no text, as model calls carry them. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/core/attachment.h"

namespace plenum::workflow {

// From the `context` of a task. Null without any. An attachment whose data is no longer base64, because a configured
// key was removed from it, is omitted.
core::Attachments attachments_of(const std::string& context_json);

// Estimated tokens of an attachment, rather too many than too few; for the cost limit.
// Sources: Anthropic, "Vision" (width * height / 750, at most about 4,800) and "PDF support" (1,500 to 3,000 a page,
// and its image); Google, "Understand images" (258 a tile); OpenAI, "Images and vision" (patches of 32 px, at most
// 1,536 of them, by model times up to 2.5).
inline constexpr std::int64_t image_tokens = 5000;
inline constexpr std::int64_t pdf_page_tokens = 5000;
std::int64_t estimated_tokens(AttachmentKind kind, std::string_view bytes);
// The number of pages that the file states, or an estimate from its size if its page tree is compressed.
std::int64_t pdf_pages(std::string_view bytes);

}  // namespace plenum::workflow
