#include "server/workflow/output/output_parser.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/base/strings.h"
#include "common/json/json.h"

namespace plenum::workflow {

namespace {

// A line that opens or closes a fenced block.
struct FenceLine {
  char mark = 0;  // 0: none
  std::size_t length = 0;
  bool bare = false;  // nothing after the marks: only such a line closes a block
};

FenceLine fence_line(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3) return {};
  const char mark = line[indent];
  if (mark != '`' && mark != '~') return {};
  const std::size_t end = std::min(line.find_first_not_of(mark, indent), line.size());
  const std::string_view info = line.substr(end);
  if (end - indent < 3 || (mark == '`' && info.find('`') != std::string_view::npos)) return {};
  return {mark, end - indent, info.find_first_not_of(" \t\r") == std::string_view::npos};
}

// The object between this brace and the last closing one.
std::optional<Json> json_object_from(std::string_view text, std::size_t begin) {
  const std::size_t end = text.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return std::nullopt;
  auto json = parse_json(text.substr(begin, end - begin + 1));
  if (!json || !json->is_object()) return std::nullopt;
  return std::move(*json);
}

// Models write points as strings and sometimes as objects; objects are stored as their JSON.
std::vector<std::string> points(const Json& json, const char* key) {
  std::vector<std::string> found;
  const auto list = json.find(key);
  if (list == json.end() || !list->is_array()) return found;
  for (const Json& point : *list) found.push_back(point.is_string() ? point.get<std::string>() : dump_json(point));
  return found;
}

std::optional<Review> review_in(const Json& json) {
  Review review;
  review.critical_issues = points(json, "critical_issues");
  review.suggestions = points(json, "suggestions");
  if (const auto score = json.find("code_quality_score"); score != json.end() && score->is_number()) {
    review.code_quality_score = score->get<double>();
  }
  const auto verdict = json.find("issues_found");
  if (verdict != json.end() && verdict->is_boolean()) {
    review.issues_found = verdict->get<bool>();
  } else if (json.contains("critical_issues")) {
    review.issues_found = !review.critical_issues.empty();
  } else {
    return std::nullopt;
  }
  return review;
}

// The verdict of JSON that is malformed elsewhere: `"issues_found": false, …`.
std::optional<bool> verdict_field(std::string_view text, std::size_t at) {
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t value = text.find_first_not_of("\"' \t\r\n:", at + std::string_view("issues_found").size());
  if (value == std::string_view::npos) return std::nullopt;
  if (text.substr(value).starts_with("true")) return true;
  if (text.substr(value).starts_with("false")) return false;
  return std::nullopt;
}

constexpr std::array<std::string_view, 5> fault_keywords = {"critical", "bug", "bugs", "issue", "issues"};
constexpr std::array<std::string_view, 6> negations = {"no", "not", "any", "without", "zero", "0"};

template <std::size_t n>
bool is_among(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// True if a keyword occurs that is not negated within the three words before it in its sentence.
bool has_fault_keyword(std::string_view text) {
  constexpr int reach = 3;
  int since_negation = reach + 1;
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '.';
    if (is_alphanumeric(c)) {
      word += lower(c);
      continue;
    }
    if (!word.empty()) {
      ++since_negation;
      if (is_among(negations, word)) since_negation = 0;
      if (is_among(fault_keywords, word) && since_negation > reach) return true;
      word.clear();
    }
    if (c == '.' || c == ';' || c == ':' || c == '!' || c == '?' || c == '\n') since_negation = reach + 1;
  }
  return false;
}

}  // namespace

std::string largest_fence(std::string_view text) {
  std::string_view best;
  bool found = false;
  FenceLine open;  // no mark: outside of a block
  std::size_t content = 0;
  const auto close = [&](std::size_t end) {
    const std::string_view block = text.substr(content, end - content);
    if (!found || block.size() > best.size()) best = block;
    found = true;
    open = {};
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const FenceLine line = fence_line(text.substr(at, end - at));
    if (open.mark != 0 && line.mark == open.mark && line.length >= open.length && line.bare) {
      close(at);
    } else if (open.mark == 0 && line.mark != 0) {
      open = line;
      content = std::min(end + 1, text.size());
    }
    at = end + 1;
  }
  if (open.mark != 0) close(text.size());
  if (!found) return std::string(text);
  if (best.ends_with('\n')) best.remove_suffix(1);
  return std::string(best);
}

Review parse_review(std::string_view text) {
  const std::size_t verdict = text.find("issues_found");
  // The second attempt skips braces in text before the JSON.
  for (const std::size_t begin : {text.find('{'), text.rfind('{', verdict)}) {
    const auto json = json_object_from(text, begin);
    if (!json) continue;
    if (auto review = review_in(*json)) return *review;
  }
  Review review;
  review.from_words = true;
  review.issues_found = verdict_field(text, verdict).value_or(has_fault_keyword(text));
  return review;
}

std::string review_json(const Review& review) {
  Json json;
  json["issues_found"] = review.issues_found;
  json["critical_issues"] = review.critical_issues;
  json["suggestions"] = review.suggestions;
  json["code_quality_score"] = review.code_quality_score ? Json(*review.code_quality_score) : Json();
  json["read_from"] = review.from_words ? "words" : "json";
  return dump_json(json);
}

}  // namespace plenum::workflow
