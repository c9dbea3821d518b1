#include "server/workflow/output/review.h"

#include <nlohmann/json.hpp>

#include "common/json/json.h"

namespace plenum::workflow {

std::string review_json(const Review& review) {
  Json json;
  json["issues_found"] = review.issues_found;
  json["critical_issues"] = review.critical_issues;
  json["suggestions"] = review.suggestions;
  json["code_quality_score"] = review.code_quality_score ? Json(*review.code_quality_score) : Json();
  return dump_json(json);
}

}  // namespace plenum::workflow
