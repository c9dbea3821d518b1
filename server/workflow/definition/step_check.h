// Whether a step of a workflow file can have the kind, inputs, output and start policy that it declares.
// Inside server/workflow/definition only; not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/workflow/definition/diagnostics.h"
#include "server/workflow/definition/early_start.h"
#include "server/workflow/definition/workflow.h"
#include "server/workflow/definition/workflow_parser.h"

namespace plenum::workflow {

class StepCheck {
 public:
  // All three must outlive it: the steps so far, the last of them with each output, and where errors are added.
  StepCheck(const std::vector<Step>& steps, const std::map<std::string, StepIndex>& last_producer,
            Diagnostics& diagnostics)
      : steps_(steps), last_producer_(last_producer), diagnostics_(diagnostics) {}

  // knows_inputs: false if some inputs could not be resolved, so only the output is checked.
  void check(const Step& step, const ParsedStep& parsed, bool knows_inputs);

 private:
  void check_output(const Step& step, const Located<std::string>& output);
  void check_lists(const Step& step, const ParsedStep& parsed);
  void check_late(const Step& step, const ParsedStep& parsed);
  void check_start(const Step& step, const ParsedStep& parsed);
  bool is_list(StepIndex step) const { return steps_[step].each != Each::no; }

  const std::vector<Step>& steps_;
  const std::map<std::string, StepIndex>& last_producer_;
  Diagnostics& diagnostics_;
  EarlyStartCheck early_starts_;
};

}  // namespace plenum::workflow
