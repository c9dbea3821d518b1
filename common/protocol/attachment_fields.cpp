#include "common/protocol/attachment_fields.h"

#include "common/base/base64.h"
#include "common/protocol/media_type.h"

namespace plenum {
namespace {

constexpr std::size_t attachments_max = 32;
constexpr std::size_t attachment_characters_max = 1'000'000;
constexpr std::size_t data_bytes_max = std::size_t{20} << 20;  // of all attachments of a task, decoded
constexpr const char* attachment_forms =
    R"(must be {"name": "…", "text": "…"} or {"name": "…", "media_type": "…", "data": "…"})";

std::string mebibytes(std::size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

// Returns the size of the decoded bytes.
std::size_t read_data(const FieldReader& media_type, const FieldReader& data) {
  const std::string declared = media_type.name();
  if (declared.empty()) return 0;  // reported
  const MediaType* type = media_type_named(declared);
  if (type == nullptr) {
    media_type.fail("must be " + media_type_list() + ", not " + in_quotes(declared) + "; send other files as text");
    return 0;
  }
  if (!data.value.is_string()) {
    data.fail("must be a string of base64");
    return 0;
  }
  const auto& text = data.value.get_ref<const std::string&>();
  if (base64_decoded_size(text) > type->bytes_max) {
    data.fail("has more than " + mebibytes(type->bytes_max) + ", the limit for " + declared);
    return 0;
  }
  const auto bytes = base64_decoded(text);
  if (!bytes || bytes->empty()) {
    data.fail(bytes ? "is empty" : "must be base64 (RFC 4648) with padding and without line ends");
    return 0;
  }
  if (const MediaType* found = media_type_of(*bytes); found != type) {
    data.fail(
        "is not " + declared +
        (found == nullptr ? ": the content has another format" : "; by its content it is " + std::string(found->name)));
  }
  return bytes->size();
}

// Returns the size of what is no text.
std::size_t read_attachment(const FieldReader& item) {
  const Json* name = member_of(item.value, "name");
  const Json* text = member_of(item.value, "text");
  const Json* media_type = member_of(item.value, "media_type");
  const Json* data = member_of(item.value, "data");
  const bool is_text = name != nullptr && text != nullptr && item.value.size() == 2;
  const bool is_data = name != nullptr && media_type != nullptr && data != nullptr && item.value.size() == 3;
  if (!is_text && !is_data) {
    item.fail(attachment_forms);
    return 0;
  }
  (void)item.at(*name, "name").name();
  if (is_data) return read_data(item.at(*media_type, "media_type"), item.at(*data, "data"));
  std::string read;
  item.at(*text, "text").text(read, 0, attachment_characters_max);
  return 0;
}

}  // namespace

void read_context(const FieldReader& field, TaskSpec& spec) {
  field.object(spec.context_json);
  const Json* attachments = member_of(field.value, "attachments");
  if (attachments == nullptr) return;
  const FieldReader list = field.at(*attachments, "attachments");
  if (!attachments->is_array() || attachments->size() > attachments_max) {
    return list.fail("must be an array of at most " + std::to_string(attachments_max) + " attachments");
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < attachments->size(); ++i) {
    bytes += read_attachment(list.at((*attachments)[i], std::to_string(i)));
  }
  if (bytes > data_bytes_max) list.fail("have more than " + mebibytes(data_bytes_max) + " together");
}

}  // namespace plenum
