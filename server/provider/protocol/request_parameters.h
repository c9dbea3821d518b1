// Parts of request bodies that all protocols share: which form of a parameter is sent, and the response format.
// Pure; any thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "server/core/chat.h"

namespace plenum::protocol {

// Chooses the form of each parameter of one request. Not thread-safe.
class FormSelector {
 public:
  explicit FormSelector(const core::ChatRequest& request) : request_(request) {}

  // Whether the model may accept the form.
  bool allows(core::ParameterForm form) const { return !request_.restrictions.rejected.contains(form); }
  // True if it may; the form is then part of the request.
  bool take(core::ParameterForm form);
  // Takes the first form of the token limit that the model may accept. A request that must have a limit gets one even
  // if the model rejected all forms.
  std::optional<core::ParameterForm> take_token_limit(std::initializer_list<core::ParameterForm> forms, bool must_have);
  // The requested limit, or `otherwise`, or what the model accepts if that is less. Only after take_token_limit().
  int token_limit(int otherwise = 0);

  const core::SentParameters& sent() const { return sent_; }

 private:
  const core::ChatRequest& request_;
  core::SentParameters sent_;
};

// The explicit response format, else the schema that the step parses; null: none, or plain text.
const ResponseFormat* response_format(const core::ChatRequest& request);
// As OpenAI's `response_format`: also used by Ollama, OpenRouter and compatible servers.
std::string openai_response_format(const ResponseFormat& format);
// Whether the schema satisfies the conditions of OpenAI's strict mode: every object lists all of its properties as
// required and allows no others. A schema that does not is rejected in strict mode.
bool is_strict_schema(std::string_view schema_json);

}  // namespace plenum::protocol
