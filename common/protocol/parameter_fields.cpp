#include "common/protocol/parameter_fields.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace plenum {
namespace {

constexpr std::int64_t max_tokens_max = 10'000'000;
constexpr std::int64_t seed_max = (std::int64_t{1} << 53) - 1;  // exact in every JSON parser
constexpr std::size_t stop_texts_max = 4;
constexpr std::size_t stop_characters_max = 200;
constexpr std::size_t schema_name_max = 64;
constexpr std::size_t names_max = 64;

using ByName = std::map<std::string, ModelParameters, std::less<>>;

std::optional<double> number(const FieldReader& field, double min, double max, const char* expected) {
  if (field.value.is_number()) {
    const auto value = field.value.get<double>();
    if (value >= min && value <= max) return value;
  }
  field.fail(expected);
  return std::nullopt;
}

std::optional<std::int64_t> whole(const FieldReader& field, std::int64_t min, std::int64_t max) {
  const auto value = whole_number(field.value);
  if (value && *value >= min && *value <= max) return value;
  field.fail("must be a whole number from " + thousands(min) + " to " + thousands(max));
  return std::nullopt;
}

void read_temperature(const FieldReader& field, ModelParameters& into) {
  into.temperature = number(field, 0, 2, "must be a number from 0 to 2");
}

void read_top_p(const FieldReader& field, ModelParameters& into) {
  into.top_p = number(field, 1e-9, 1, "must be a number above 0 and up to 1");
}

void read_max_tokens(const FieldReader& field, ModelParameters& into) {
  if (const auto value = whole(field, 1, max_tokens_max)) into.max_tokens = static_cast<int>(*value);
}

void read_seed(const FieldReader& field, ModelParameters& into) { into.seed = whole(field, 0, seed_max); }

// A text, or an array of texts.
void read_stop(const FieldReader& field, ModelParameters& into) {
  const bool single = field.value.is_string();
  if (!single && (!field.value.is_array() || field.value.empty() || field.value.size() > stop_texts_max)) {
    return field.fail("must be a string, or an array of 1 to " + std::to_string(stop_texts_max) + " strings");
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < (single ? 1 : field.value.size()); ++i) {
    std::string text;
    (single ? field : field.at(field.value[i], std::to_string(i))).text(text, 1, stop_characters_max);
    texts.push_back(std::move(text));
  }
  into.stop = std::move(texts);
}

void read_effort(const FieldReader& field, ModelParameters& into) {
  if (!field.value.is_string() || !is_reasoning_effort(field.value.get_ref<const std::string&>())) {
    return field.fail("must be " + reasoning_efforts());
  }
  into.reasoning_effort = field.value.get<std::string>();
}

bool is_schema_name(std::string_view name) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= schema_name_max && std::all_of(name.begin(), name.end(), allowed);
}

// As OpenAI's response_format.
void read_format(const FieldReader& field, ModelParameters& into) {
  const Json& type = value_at(field.value, "type");
  ResponseFormat format;
  if (type == "text" || type == "json_object") {
    format.kind = type == "text" ? ResponseFormat::Kind::text : ResponseFormat::Kind::json_object;
  } else if (type == "json_schema") {
    format.kind = ResponseFormat::Kind::json_schema;
    const FieldReader part = field.at(value_at(field.value, "json_schema"), "json_schema");
    const Json &name = value_at(part.value, "name"), &schema = value_at(part.value, "schema");
    format.name = name.is_string() ? name.get<std::string>() : std::string("answer");
    if (!is_schema_name(format.name)) {
      return part.at(name, "name")
          .fail("must have 1 to " + std::to_string(schema_name_max) + " characters of A-Z, a-z, 0-9, _ and -");
    }
    if (!schema.is_object()) return part.at(schema, "schema").fail("must be a JSON schema, an object");
    format.schema_json = dump_json(schema);
  } else {
    return field.fail(R"(must be an object whose `type` is "text", "json_object" or "json_schema")");
  }
  into.response_format = std::move(format);
}

struct Row {
  std::string_view name;
  void (*read)(const FieldReader& field, ModelParameters& into);
};
constexpr auto rows = std::to_array<Row>({
    {"temperature", read_temperature},
    {"top_p", read_top_p},
    {"max_tokens", read_max_tokens},
    {"seed", read_seed},
    {"stop", read_stop},
    {"reasoning_effort", read_effort},
    {"response_format", read_format},
});

// False when there is no parameter of this name.
bool read_one(const FieldReader& field, std::string_view name, ModelParameters& into) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.name == name; });
  if (row == rows.end()) return false;
  row->read(field, into);
  return true;
}

void read_all(const FieldReader& field, ModelParameters& into) {
  if (!field.value.is_object()) return field.fail("must be an object of parameters");
  for (const auto& [name, value] : field.value.get_ref<const Json::object_t&>()) {
    const FieldReader parameter = field.at(value, utf8_prefix(name, name_characters_max));
    if (!read_one(parameter, name, into)) parameter.fail(in_quotes(name) + " is not a parameter");
  }
}

void read_group(const FieldReader& field, std::string_view what, ByName& into) {
  if (!field.value.is_object()) return field.fail("must be an object with the parameters of each " + std::string(what));
  if (field.value.size() > names_max) return field.fail("must have at most " + std::to_string(names_max) + " entries");
  for (const auto& [name, value] : field.value.get_ref<const Json::object_t&>()) {
    const FieldReader of_name = field.at(value, utf8_prefix(name, name_characters_max));
    read_all(of_name, into[name]);
  }
}

}  // namespace

ModelParameters model_parameters_from(const Json& object, std::vector<ValidationError>& faults) {
  ValidationErrors errors;
  ModelParameters parameters;
  read_all(FieldReader{object, "", errors}, parameters);
  for (ValidationError& fault : errors.take()) faults.push_back(std::move(fault));
  return parameters;
}

void read_parameters(const FieldReader& field, TaskSpec& spec) {
  if (!field.value.is_object()) return field.fail("must be an object");
  TaskParameters& into = spec.parameters;
  for (const auto& [name, value] : field.value.get_ref<const Json::object_t&>()) {
    const FieldReader member = field.at(value, utf8_prefix(name, name_characters_max));
    if (name == "members" || name == "roles" || name == "steps") {
      read_group(member, name.substr(0, name.size() - 1),
                 name == "members" ? into.members
                 : name == "roles" ? into.roles
                                   : into.steps);
    } else if (!read_one(member, name, into.common)) {
      member.fail(in_quotes(name) + " is not a parameter");
    }
  }
}

}  // namespace plenum
