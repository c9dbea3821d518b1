// Text that servers nest in lists and objects: parts of a content, thinking parts, details of reasoning.
// Sources: OpenAI's API description (content parts); Mistral's documentation on reasoning (thinking parts);
// OpenRouter's on reasoning (reasoning_details). Pure; any thread.
#pragma once

#include <string>

#include "server/provider/protocol/json/json_reader.h"

namespace plenum::protocol {

// Appends the text of the value at the cursor: a string, or the texts nested in a list or an object.
void read_nested_text(JsonReader& reader, std::string& out);

// Appends the texts of a list of parts. A part is reasoning by its type, or by the member that holds its text.
void read_parts(JsonReader& reader, std::string& text, std::string& reasoning);

}  // namespace plenum::protocol
