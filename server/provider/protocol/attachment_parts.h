// Which attachments of a message a request contains. A model that does not accept a kind gets a note instead, so that
// it does not invent what the file contains. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json/json_writer.h"
#include "server/core/chat.h"
#include "server/provider/protocol/request_parameters.h"

namespace plenum::protocol {

struct AttachmentParts {
  std::vector<const core::Attachment*> sent;  // valid as long as the message
  std::string note;                           // follows the text of the message; empty: everything was sent
};

// Takes the forms of what is sent from `forms`; adds the names of the others to `omitted`, each once.
//   unsupported  a media type that the protocol cannot express; empty: none
AttachmentParts select_attachments(const core::ChatMessage& message, FormSelector& forms,
                                   std::vector<std::string>& omitted, std::string_view unsupported = {});

// The member `content` of a message: a text, or the attachments as parts before it, each written by `write_part` as an
// object with a comma behind it.
void write_content(JsonFields& fields, const core::ChatMessage& message, const AttachmentParts& parts,
                   void (*write_part)(std::string& out, const core::Attachment& attachment));

}  // namespace plenum::protocol
