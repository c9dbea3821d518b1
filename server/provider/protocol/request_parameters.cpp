#include "server/provider/protocol/request_parameters.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/json_access.h"
#include "common/json/json_writer.h"

namespace plenum::protocol {

using core::ParameterForm;

namespace {

bool is_strict_object(const Json& schema) {
  const Json& properties = value_at(schema, "properties");
  const Json& required = value_at(schema, "required");
  if (value_at(schema, "additionalProperties") != Json(false) || !properties.is_object() || !required.is_array())
    return false;
  const auto& members = properties.get_ref<const Json::object_t&>();
  return std::all_of(members.begin(), members.end(), [&required](const auto& member) {
    return std::find(required.begin(), required.end(), Json(member.first)) != required.end();
  });
}

// The depth is limited by the parser.
bool is_strict(const Json& schema) {  // NOLINT(misc-no-recursion)
  if (schema.is_object() && value_at(schema, "type") == "object" && !is_strict_object(schema)) return false;
  return !schema.is_structured() || std::all_of(schema.begin(), schema.end(), is_strict);
}

}  // namespace

bool FormSelector::take(ParameterForm form) {
  if (!allows(form)) return false;
  sent_.forms.add(form);
  return true;
}

std::optional<ParameterForm> FormSelector::take_token_limit(std::initializer_list<ParameterForm> forms,
                                                            bool must_have) {
  const auto allowed = [this](ParameterForm form) { return allows(form); };
  auto chosen = std::find_if(forms.begin(), forms.end(), allowed);
  if (chosen == forms.end() && must_have) chosen = forms.begin();
  if (chosen == forms.end()) return std::nullopt;
  sent_.forms.add(*chosen);
  if (must_have && std::none_of(chosen + 1, forms.end(), allowed)) sent_.mandatory.add(*chosen);
  return *chosen;
}

int FormSelector::token_limit(int otherwise) {
  sent_.max_tokens = request_.parameters.max_tokens.value_or(otherwise);
  if (const auto most = request_.restrictions.max_tokens) sent_.max_tokens = std::min(sent_.max_tokens, *most);
  return sent_.max_tokens;
}

const ResponseFormat* response_format(const core::ChatRequest& request) {
  const auto& format = request.parameters.response_format ? request.parameters.response_format : request.answer_schema;
  return format && format->kind != ResponseFormat::Kind::text ? &*format : nullptr;
}

std::string openai_response_format(const ResponseFormat& format) {
  if (format.kind == ResponseFormat::Kind::json_object) return R"({"type":"json_object"})";
  std::string json = R"({"type":"json_schema","json_schema":{)";
  JsonFields(json)
      .text("name", format.name)
      .flag("strict", is_strict_schema(format.schema_json))
      .raw("schema", format.schema_json);
  return json.append("}}");
}

bool is_strict_schema(std::string_view schema_json) {
  const auto schema = parse_json(schema_json);
  return schema && is_strict(*schema);
}

}  // namespace plenum::protocol
