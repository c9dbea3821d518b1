// The body of an error response: whatever it contains, only parameters that were sent are rejected, never a mandatory
// one, and a maximum is smaller than the value that was sent. The first three bytes select what was sent.
#include <cstdint>
#include <string_view>

#include "server/provider/protocol/errors/error_classifier.h"
#include "server/provider/protocol/errors/rejected_parameters.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using core::ParameterForm;
using plenum::tests::require;

namespace {

core::ParameterForms forms_of(std::uint32_t bits) {
  core::ParameterForms forms;
  for (int i = 0; i < core::parameter_forms; ++i) {
    if ((bits >> i) % 2 == 1) forms.add(static_cast<ParameterForm>(i));
  }
  return forms;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  core::SentParameters sent;
  sent.forms = forms_of(data[0] | data[1] << 8U);
  sent.max_tokens = 1 << (data[2] % 24);
  if (data[2] >= 128) sent.mandatory = sent.forms.common_with({ParameterForm::max_tokens});
  const std::string_view body(reinterpret_cast<const char*>(data) + 3, size - 3);
  const auto error = protocol::error_of_status(400, body);
  const auto rejection = protocol::find_rejection(error.message, sent);
  if (!rejection) return 0;
  const auto& rejected = rejection->restrictions;
  require(rejected.rejected.without(sent.forms).empty());
  require(rejected.rejected.common_with(sent.mandatory).empty());
  require(rejected.rejected.empty() == rejected.max_tokens.has_value());
  require(!rejected.max_tokens || (*rejected.max_tokens > 0 && *rejected.max_tokens < sent.max_tokens));
  return 0;
}
