#include "server/provider/protocol/attachment_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace plenum::protocol {

namespace {

core::ParameterForm form_of(const core::Attachment& attachment) {
  return attachment.kind == AttachmentKind::image ? core::ParameterForm::images : core::ParameterForm::documents;
}

}  // namespace

AttachmentParts select_attachments(const core::ChatMessage& message, FormSelector& forms,
                                   std::vector<std::string>& omitted, std::string_view unsupported) {
  AttachmentParts parts;
  if (message.attachments == nullptr) return parts;
  for (const auto& attachment : *message.attachments) {
    if (attachment.media_type != unsupported && forms.take(form_of(attachment))) {
      parts.sent.push_back(&attachment);
      continue;
    }
    if (std::find(omitted.begin(), omitted.end(), attachment.name) == omitted.end()) {
      omitted.push_back(attachment.name);
    }
    parts.note += fmt::format("\n\n[The attachment \"{}\" ({}) is not included, because you do not accept this type.]",
                              attachment.name, attachment.media_type);
  }
  return parts;
}

void write_content(JsonFields& fields, const core::ChatMessage& message, const AttachmentParts& parts,
                   void (*write_part)(std::string& out, const core::Attachment& attachment)) {
  if (parts.sent.empty() && parts.note.empty()) return void(fields.text("content", message.content));
  const std::string text = message.content + parts.note;
  if (parts.sent.empty()) return void(fields.text("content", text));
  std::string list = "[";
  for (const auto* attachment : parts.sent) write_part(list, *attachment);
  list += '{';
  JsonFields(list).text("type", "text").text("text", text);
  fields.raw("content", list.append("}]"));
}

}  // namespace plenum::protocol
