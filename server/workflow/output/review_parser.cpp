#include "server/workflow/output/review_parser.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "common/base/strings.h"
#include "common/json/json.h"
#include "server/workflow/output/answer_text.h"

namespace plenum::workflow {

namespace {

// Models write points as strings and sometimes as objects; objects are stored as their JSON.
std::vector<std::string> points(const Json& object, std::string_view key) {
  std::vector<std::string> found;
  const Json* list = member_by_key(object, key);
  if (list == nullptr) return found;
  if (list->is_string() && !is_blank(list->get_ref<const std::string&>())) found.push_back(list->get<std::string>());
  if (!list->is_array()) return found;
  for (const Json& point : *list) found.push_back(point.is_string() ? point.get<std::string>() : dump_json(point));
  return found;
}

std::optional<bool> verdict_of(const Json& object) {
  const Json* value = member_by_key(object, "issuesfound");
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  if (!value->is_string()) return std::nullopt;
  const std::string word = lower_case(trimmed(value->get_ref<const std::string&>()));
  if (word == "true" || word == "yes") return true;
  if (word == "false" || word == "no") return false;
  return std::nullopt;
}

std::optional<Review> review_in(const Json& object) {
  const bool lists_issues = member_by_key(object, "criticalissues") != nullptr;
  const auto verdict = verdict_of(object);
  if (!verdict && (!lists_issues || member_by_key(object, "issuesfound") != nullptr)) return std::nullopt;
  Review review;
  review.critical_issues = points(object, "criticalissues");
  review.suggestions = points(object, "suggestions");
  const Json* score = member_by_key(object, "codequalityscore");
  if (score != nullptr && score->is_number()) review.code_quality_score = score->get<double>();
  review.issues_found = verdict.value_or(false) || !review.critical_issues.empty();
  return review;
}

void add_list(std::string& text, std::string_view title, const std::vector<std::string>& points) {
  if (points.empty()) return;
  text += fmt::format("{}{}:\n", text.empty() ? "" : "\n", title);
  for (const std::string& point : points) text += fmt::format("\n- {}", point);
  text += '\n';
}

}  // namespace

ReviewReading parse_review_text(std::string_view text) {
  const std::vector<Json> objects = json_objects_in(visible_text(text));
  for (auto object = objects.rbegin(); object != objects.rend(); ++object) {
    if (auto review = review_in(*object)) return {*std::move(review), {}};
  }
  return {std::nullopt, objects.empty() ? "It holds no complete JSON object."
                                        : "Its JSON has no \"issues_found\" that is true or false."};
}

std::string review_schema() {
  const Json texts{{"type", "array"}, {"items", {{"type", "string"}}}};
  Json properties;
  properties["critical_issues"] = texts;
  properties["suggestions"] = texts;
  properties["code_quality_score"] = {{"type", "number"}};
  properties["issues_found"] = {{"type", "boolean"}};
  return dump_json(
      Json{{"type", "object"},
           {"properties", std::move(properties)},
           {"required", Json::array({"critical_issues", "suggestions", "code_quality_score", "issues_found"})},
           {"additionalProperties", false}});
}

std::string review_text(const Review& review) {
  std::string text;
  add_list(text, "Critical issues", review.critical_issues);
  add_list(text, "Suggestions", review.suggestions);
  if (review.critical_issues.empty()) {
    text = fmt::format("{}\n{}{}", review.issues_found ? "Something must be changed." : "No critical issues.",
                       text.empty() ? "" : "\n", text);
  }
  if (review.code_quality_score) text += fmt::format("\nScore: {:g} of 10\n", *review.code_quality_score);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace plenum::workflow
