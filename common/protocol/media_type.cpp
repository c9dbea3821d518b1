#include "common/protocol/media_type.h"

#include <algorithm>
#include <iterator>

namespace plenum {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t image_bytes_max = 5 * mebibyte;  // the limit of Anthropic, the lowest one
constexpr std::size_t pdf_bytes_max = 10 * mebibyte;
constexpr MediaType types[] = {
    {"image/png", AttachmentKind::image, image_bytes_max},   {"image/jpeg", AttachmentKind::image, image_bytes_max},
    {"image/gif", AttachmentKind::image, image_bytes_max},   {"image/webp", AttachmentKind::image, image_bytes_max},
    {"application/pdf", AttachmentKind::pdf, pdf_bytes_max},
};

struct Signature {
  const MediaType& type;
  std::string_view at_start;
  std::string_view at_8 = {};  // behind eight bytes
};
const Signature signatures[] = {
    {types[0], "\x89PNG\r\n\x1A\n"sv}, {types[1], "\xFF\xD8\xFF"sv}, {types[2], "GIF87a"sv}, {types[2], "GIF89a"sv},
    {types[3], "RIFF"sv, "WEBP"sv},    {types[4], "%PDF-"sv},
};

}  // namespace

std::string_view name_of(AttachmentKind kind) { return kind == AttachmentKind::image ? "image" : "pdf"; }

std::span<const MediaType> media_types() { return types; }

const MediaType* media_type_named(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(types), std::end(types), [name](const auto& t) { return t.name == name; });
  return found == std::end(types) ? nullptr : found;
}

const MediaType* media_type_of(std::string_view bytes) {
  for (const auto& [type, at_start, at_8] : signatures) {
    if (!bytes.starts_with(at_start)) continue;
    if (at_8.empty() || bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with(at_8)) return &type;
  }
  return nullptr;
}

std::string media_type_list() {
  std::string list;
  for (const MediaType& type : types) list.append(list.empty() ? "" : ", ").append(type.name);
  return list;
}

}  // namespace plenum
