#include "server/task/stored_plan.h"

#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "common/json/json_access.h"
#include "common/json/json_writer.h"
#include "server/workflow/definition/workflow_compiler.h"

namespace plenum::task {

core::ExecutionPlan plan_of(const workflow::Assignment& assignment) {
  Json turns = Json::array();
  for (const Turn& turn : assignment.conversation.shown) {
    turns.push_back(Json{{"question", turn.question}, {"answer", turn.answer}});
  }
  std::vector<std::string> by_default;
  for (const auto& member : assignment.members) {
    if (member.by_default) by_default.push_back(member.id);
  }
  std::string json = "{";
  JsonFields(json)
      .text("origin", assignment.workflow->origin)
      .texts("members", assignment.requested)
      .texts("by_default", by_default)
      .raw("turns", dump_json(turns));
  return {json + '}', assignment.workflow->source};
}

Result<StoredPlan> plan_from(const core::ExecutionPlan& stored) {
  const auto record = parse_json(stored.json);
  if (!record || !record->is_object()) return Failure(Error{ErrorCode::malformed, "the plan cannot be read"});
  // Stores of layout 1 have it here.
  const std::string source = stored.workflow ? *stored.workflow : text_at(*record, "workflow");
  if (source.empty()) return Failure(Error{ErrorCode::malformed, "the workflow of the task cannot be read any more"});
  auto workflow = workflow::load_workflow(source, text_at(*record, "origin"));
  if (!workflow) return Failure(std::move(workflow.error()));
  StoredPlan plan;
  plan.workflow = std::make_shared<const workflow::Workflow>(*std::move(workflow));
  plan.members = texts_at(*record, "members");
  plan.by_default = texts_at(*record, "by_default");
  plan.turns.shown = items_at(*record, "turns", [](const Json& item) {
    return Turn{text_at(item, "question"), text_at(item, "answer")};
  });
  return plan;
}

}  // namespace plenum::task
