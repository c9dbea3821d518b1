#include "server/provider/sent_parameters.h"

#include <algorithm>
#include <initializer_list>

namespace plenum::provider {

using core::ParameterForm;

ModelParameters sent_parameters(const core::ChatRequest& request, const core::SentParameters& sent) {
  const auto has = [&](std::initializer_list<ParameterForm> forms) {
    return std::any_of(forms.begin(), forms.end(), [&](ParameterForm form) { return sent.forms.contains(form); });
  };
  using enum ParameterForm;
  ModelParameters parameters = request.parameters;
  if (!has({temperature})) parameters.temperature.reset();
  if (!has({top_p})) parameters.top_p.reset();
  if (!has({max_tokens, max_completion_tokens})) parameters.max_tokens.reset();
  if (sent.max_tokens > 0) parameters.max_tokens = sent.max_tokens;
  if (!has({seed})) parameters.seed.reset();
  if (!has({stop})) parameters.stop.reset();
  if (!has({reasoning_effort, thinking_budget, thinking_disabled})) parameters.reasoning_effort.reset();
  if (!has({response_format, forced_tool})) {
    parameters.response_format.reset();
  } else if (!parameters.response_format) {
    parameters.response_format = request.answer_schema;
  }
  return parameters;
}

}  // namespace plenum::provider
