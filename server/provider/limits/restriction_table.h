// What the models of one provider rejected, so that later requests omit it from the start. Forgotten when the process
// ends: a restart tries every parameter again. Shared by all loops. Any thread.
#pragma once

#include <string_view>

#include "server/core/parameter_form.h"
#include "server/provider/limits/model_table.h"
#include "server/runtime/guarded.h"

namespace plenum::provider {

class RestrictionTable {
 public:
  core::ModelRestrictions of(std::string_view model) const;
  void add(std::string_view model, const core::ModelRestrictions& restrictions);

 private:
  runtime::Guarded<ModelTable<core::ModelRestrictions>> models_;
};

}  // namespace plenum::provider
