#include "server/workflow/run/outputs/judgments.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/json/json.h"

namespace plenum::workflow {

namespace {

// The members whose work the step read: the latest output of each judged input that had ended before it.
std::set<std::string> authors_of(const StepOutputs& outputs, StepIndex index) {
  const Step& step = outputs.steps()[index];
  std::set<std::string> authors;
  // Answers that came after its prompt were not ranked.
  for (const auto& answer : outputs.of(index).labeled) {
    if (answer && !step.judges.empty()) authors.insert(outputs.of(*answer).member.id);
  }
  if (!authors.empty()) return authors;
  const auto& finished = outputs.finished();
  for (const StepInput& input : step.inputs) {
    const bool judged = std::find(step.judges.begin(), step.judges.end(), input.output) != step.judges.end();
    std::optional<StepIndex> at = judged ? std::optional(input.step) : std::nullopt;
    while (at && !outputs.of(*at).parsed) at = outputs.steps()[*at].supersedes;
    if (at && std::find(finished.begin(), finished.end(), *at) != finished.end()) {
      authors.insert(outputs.of(*at).member.id);
    }
  }
  return authors;
}

}  // namespace

std::string judgments_json(const StepOutputs& outputs) {
  Json list = Json::array();
  for (StepIndex step = 0; step < outputs.steps().size(); ++step) {
    const StepOutput& output = outputs.of(step);
    if (!output.parsed) continue;
    const std::set<std::string> authors = authors_of(outputs, step);
    if (authors.empty()) continue;
    list.push_back(Json{{"chunk", output.source->chunk},
                        {"judge", output.member.id},
                        {"authors", authors},
                        {"own_work", authors.contains(output.member.id)}});
  }
  return list.empty() ? std::string() : dump_json(list);
}

}  // namespace plenum::workflow
