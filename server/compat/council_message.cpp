// Source: LLM Council's conversationReducer.js, which builds the same message from the live stream.
#include "server/compat/council_message.h"

#include <nlohmann/json.hpp>

#include "common/json/json_access.h"

namespace plenum::compat {

void CouncilMessage::add(const Frame& frame) {
  const auto parsed = parse_json(frame.data);
  if (!parsed) return;
  const std::string type = text_at(*parsed, "type");
  const Json& data = value_at(*parsed, "data");
  const Json& reviewer_errors = rounds_ ? value_at(data, "errors") : value_at(*parsed, "errors");
  if (type.ends_with("model_error")) errors_.push_back(data);
  if (type.ends_with("_complete") && reviewer_errors.is_array()) {
    errors_.insert(errors_.end(), reviewer_errors.begin(), reviewer_errors.end());
  }
  if (type == "round_complete") fields_["rounds"].push_back(data);
  if (type == "synthesis_complete") fields_["synthesis"] = data;
  if (type == "stage1_complete") fields_["stage1"] = data;
  if (type == "stage2_complete") {
    fields_["stage2"] = data;
    fields_["metadata"] = value_at(*parsed, "metadata");
  }
  if (type == "stage3_complete") fields_["stage3"] = data;
  if (type == "metrics_complete") fields_["metrics"] = data;
  if (type == "web_search_complete") fields_["webSearchUsed"] = value_at(data, "found");
}

Json CouncilMessage::message() const {
  if (fields_.empty() && errors_.empty()) return nullptr;
  Json message{{"role", "assistant"}};
  if (rounds_) message["rounds"] = Json::array();
  for (const auto& [key, value] : fields_.items()) message[key] = value;
  if (!errors_.empty()) message["errors"] = errors_;
  return message;
}

}  // namespace plenum::compat
