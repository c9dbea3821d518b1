// One recursive generator: each keyword narrows the value that is generated for its type.
#include "server/provider/offline/offline_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/utf8.h"
#include "common/json/json.h"
#include "common/json/json_access.h"
#include "server/provider/offline/offline_text.h"

namespace plenum::provider {

namespace {

constexpr int depth_max = 12;
constexpr int optional_depth_max = 4;  // deeper, only required members are generated: a schema may be recursive
constexpr int references_max = 16;
constexpr int values_max = 500;  // of one instance
constexpr std::size_t items_max = 8;
constexpr std::int64_t text_bytes_max = 2000;

class Generator {
 public:
  Generator(const Json& root, std::uint64_t seed) : root_(root), seed_(seed) {}

  Json value(const Json& schema, std::string_view name, int depth) {
    if (++values_ > values_max || depth > depth_max) return nullptr;
    const Json& resolved = resolve(schema);
    if (!resolved.is_object()) return text(resolved, name);
    if (const Json* constant = member_of(resolved, "const")) return *constant;
    if (const Json& options = value_at(resolved, "enum"); options.is_array() && !options.empty()) {
      return options[draw() % options.size()];
    }
    for (const char* key : {"anyOf", "oneOf"}) {
      const Json& options = value_at(resolved, key);
      if (options.is_array() && !options.empty()) return value(preferred(options), name, depth + 1);
    }
    const std::string type = type_of(resolved);
    if (type == "object") return object(resolved, depth);
    if (type == "array") return array(resolved, name, depth);
    if (type == "integer" || type == "number") return number(resolved, type == "integer");
    if (type == "boolean") return draw() % 2 == 0;
    if (type == "null") return nullptr;
    return text(resolved, name);
  }

 private:
  // Only references into the schema itself; a longer chain refers to itself.
  const Json& resolve(const Json& schema) const {
    const Json* at = &schema;
    for (int i = 0; i < references_max; ++i) {
      const std::string reference = text_at(*at, "$ref");
      if (reference == "#") return root_;
      if (!reference.starts_with("#/")) break;
      at = &root_;
      for (std::size_t begin = 2; begin <= reference.size();) {
        const auto end = std::min(reference.find('/', begin), reference.size());
        at = &value_at(*at, reference.substr(begin, end - begin));
        begin = end + 1;
      }
    }
    return *at;
  }

  static const Json& preferred(const Json& options) {
    const auto found = std::find_if(options.begin(), options.end(),
                                    [](const Json& option) { return text_at(option, "type") != "null"; });
    return found == options.end() ? options.front() : *found;
  }

  static std::string type_of(const Json& schema) {
    const Json& type = value_at(schema, "type");
    if (type.is_string()) return type.get<std::string>();
    if (type.is_array()) {
      for (const Json& one : type) {
        if (one.is_string() && one != "null") return one.get<std::string>();
      }
    }
    if (member_of(schema, "properties") != nullptr || member_of(schema, "allOf") != nullptr) return "object";
    return member_of(schema, "items") != nullptr ? "array" : "string";
  }

  Json object(const Json& schema, int depth) {
    Json out = Json::object();
    add_members(schema, depth, out);
    if (const Json& parts = value_at(schema, "allOf"); parts.is_array()) {
      for (const Json& part : parts) add_members(resolve(part), depth, out);
    }
    return out;
  }

  void add_members(const Json& schema, int depth, Json& out) {
    const Json& properties = value_at(schema, "properties");
    const Json& required = value_at(schema, "required");
    const auto is_required = [&](const std::string& name) {
      return required.is_array() && std::find(required.begin(), required.end(), Json(name)) != required.end();
    };
    if (properties.is_object()) {
      for (const auto& [name, property] : properties.items()) {
        if (depth < optional_depth_max || is_required(name)) out[name] = value(property, name, depth + 1);
      }
    }
    if (!required.is_array()) return;
    for (const Json& name : required) {
      if (name.is_string() && !out.contains(name.get<std::string>())) {
        out[name.get<std::string>()] =
            value(value_at(schema, "additionalProperties"), name.get<std::string>(), depth + 1);
      }
    }
  }

  Json array(const Json& schema, std::string_view name, int depth) {
    const auto least =
        static_cast<std::size_t>(std::clamp<std::int64_t>(number_at(schema, "minItems").value_or(0), 0, items_max));
    const auto most =
        static_cast<std::size_t>(std::clamp<std::int64_t>(number_at(schema, "maxItems").value_or(1), 0, items_max));
    const std::size_t count = std::max(least, std::min<std::size_t>(most, 1));
    const Json& prefix = value_at(schema, "prefixItems");
    Json out = Json::array();
    for (std::size_t i = 0; i < count; ++i) {
      const bool has_own = prefix.is_array() && i < prefix.size();
      out.push_back(value(has_own ? prefix[i] : value_at(schema, "items"), name, depth + 1));
    }
    return out;
  }

  static std::optional<double> real(const Json& schema, std::string_view key) {
    const Json& value = value_at(schema, key);
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
  }

  // In the middle of both limits, next to a single one, else 1.
  static Json number(const Json& schema, bool whole) {
    const double step = real(schema, "multipleOf").value_or(whole ? 1 : 0.5);
    auto low = real(schema, "minimum"), high = real(schema, "maximum");
    if (const auto above = real(schema, "exclusiveMinimum")) low = *above + step;
    if (const auto below = real(schema, "exclusiveMaximum")) high = *below - step;
    double value = low && high ? *low + (*high - *low) / 2 : low ? *low : high ? std::min(*high, 1.0) : 1;
    if (step > 0) {
      const double rounded = std::trunc(value / step) * step;
      if (!low || rounded >= *low)
        value = rounded;
      else if (std::ceil(value / step) * step <= high.value_or(std::numeric_limits<double>::max()))
        value = std::ceil(value / step) * step;
    }
    if (!whole) return value;
    return std::abs(value) < 9e15 ? Json(static_cast<std::int64_t>(value)) : Json(1);
  }

  Json text(const Json& schema, std::string_view name) {
    const std::string format = text_at(schema, "format");
    if (format == "date") return "2026-01-01";
    if (format == "date-time") return "2026-01-01T00:00:00Z";
    if (format == "uri") return "https://example.org/";
    if (format == "email") return "sample@example.org";
    std::string out = labeled_ ? "[offline] sample text" : std::string(offline_label);
    if (labeled_ && !name.empty()) out.append(" for ").append(utf8_prefix(name, 100));
    const auto most = number_at(schema, "maxLength").value_or(text_bytes_max);
    labeled_ = labeled_ || most >= static_cast<std::int64_t>(out.size());
    if (most < static_cast<std::int64_t>(out.size()))
      out = utf8_prefix(out, static_cast<std::size_t>(std::max<std::int64_t>(most, 0)));
    const auto least = static_cast<std::size_t>(
        std::clamp<std::int64_t>(number_at(schema, "minLength").value_or(0), 0, text_bytes_max));
    if (code_points(out) < least) out.append(least - code_points(out), '.');
    return out;
  }

  std::uint64_t draw() { return seed_ = seed_ * 6364136223846793005U + 1442695040888963407U, seed_ >> 33; }

  const Json& root_;
  std::uint64_t seed_;
  int values_ = 0;
  bool labeled_ = false;  // a text states that no model was called
};

}  // namespace

std::string offline_json(std::string_view schema_json, std::uint64_t seed) {
  const auto schema = parse_json(schema_json);
  if (!schema || !schema->is_object()) return "{}";
  return dump_json(Generator(*schema, seed).value(*schema, "", 0));
}

}  // namespace plenum::provider
