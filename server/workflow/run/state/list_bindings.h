// Template bindings for the outputs of earlier steps: single texts, and lists of several members' outputs.
// Pure; valid only while the outputs, the scheduler and the blocks are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/workflow/definition/template.h"
#include "server/workflow/output/material_blocks.h"
#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

class ListBindings {
 public:
  //   blocks  of the prompt; null: the workflow's answer, which shows texts as they are
  ListBindings(const StepOutputs& outputs, const StepScheduler& scheduler, const MaterialBlocks* blocks)
      : outputs_(outputs), scheduler_(scheduler), blocks_(blocks) {}

  // Binds every input name to its latest output.
  //   reader  the step whose templates are rendered; absent: the workflow's answer
  void add_inputs(Bindings& bindings, std::span<const StepInput> inputs, std::optional<StepIndex> reader) const;

  // The answers that a ranking step ranks, under their labels.
  struct RankedAnswers {
    // For each label, in alphabetical order, the member whose answer stands under it; empty: the label is not shown.
    std::vector<std::string> members;
    std::vector<std::size_t> shown;  // indices of the labels, in an order that differs between reviewers
  };
  RankedAnswers ranked_answers(StepIndex ranking) const;
  // Binds `replaced` to the output that the step replaces.
  void bind_replaced(Bindings& bindings, const Step& step) const;
  // Binds the list that a ranking step ranks in that order.
  void bind_answers(Bindings& bindings, StepIndex ranking, const RankedAnswers& answers) const;

 private:
  struct Part {
    StepIndex step = 0;
    std::size_t label = 0;
  };
  void bind_list(Bindings& bindings, std::span<const StepInput> parts, std::optional<StepIndex> reader) const;
  void bind_text(Bindings& bindings, const std::string& name, const StepOutput& output) const;
  // The output of each part that has one, as the reader shows it.
  std::vector<Part> latest_of(std::span<const StepIndex> parts, const std::string& name,
                              std::optional<StepIndex> reader) const;
  bool reads(std::optional<StepIndex> reader, const std::string& name) const;
  std::vector<Item> items_of(std::span<const Part> parts, const std::string& name,
                             std::optional<StepIndex> reader) const;
  Item item_of(const Part& part, const std::string& name, std::optional<StepIndex> reader) const;

  const StepOutputs& outputs_;
  const StepScheduler& scheduler_;
  const MaterialBlocks* const blocks_;
};

}  // namespace plenum::workflow
