// The files besides text that a task may have as attachments, recognized by their content.
// Sources: W3C PNG 3, 5.2 (signature); JFIF 1.02 (SOI and the next marker); GIF89a, 17; RFC 9649 (WebP: RIFF header);
// ISO 32000-2, 7.5.2 (PDF header).
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace plenum {

enum class AttachmentKind : std::uint8_t { image, pdf };
std::string_view name_of(AttachmentKind kind);  // image, pdf

struct MediaType {
  std::string_view name;  // e.g. image/png
  AttachmentKind kind;
  std::size_t bytes_max;  // of one attachment, decoded
};

std::span<const MediaType> media_types();
// Null for an unknown name.
const MediaType* media_type_named(std::string_view name);
// Null for any other content.
const MediaType* media_type_of(std::string_view bytes);
// `image/png, …, application/pdf`
std::string media_type_list();

}  // namespace plenum
