// Template bindings for the outputs of earlier steps: single texts, and lists of several members' outputs.
// Pure; valid only while the outputs and the scheduler are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/workflow/definition/template.h"
#include "server/workflow/run/state/step_outputs.h"

namespace plenum::workflow {

class ListBindings {
 public:
  ListBindings(const StepOutputs& outputs, const StepScheduler& scheduler) : outputs_(outputs), scheduler_(scheduler) {}

  // Binds every input name to its latest output.
  //   reader  the step whose templates are rendered; absent: the workflow's answer
  void add_inputs(Bindings& bindings, std::span<const StepInput> inputs, std::optional<StepIndex> reader) const;
  // The answers that a ranking step ranks, in an order that differs between reviewers and between tasks and
  // is reproducible from the log.
  std::vector<StepIndex> shuffled_answers(StepIndex ranking, const std::string& trace_id) const;
  // Binds the list that a ranking step ranks to the answers in this order.
  void bind_answers(Bindings& bindings, StepIndex ranking, const std::vector<StepIndex>& order) const;

 private:
  struct Part {
    StepIndex step = 0;
    std::size_t position = 0;  // in its list: determines the label
  };
  void bind_list(Bindings& bindings, std::span<const StepInput> parts, std::optional<StepIndex> reader) const;
  bool reads(std::optional<StepIndex> reader, const std::string& name) const;
  std::vector<Item> items_of(std::span<const Part> parts, std::optional<StepIndex> reader) const;

  const StepOutputs& outputs_;
  const StepScheduler& scheduler_;
};

}  // namespace plenum::workflow
