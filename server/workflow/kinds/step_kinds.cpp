#include <algorithm>

#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

extern const StepKind text_kind, files_kind, review_kind, ranking_kind, choice_kind, verdict_kind, query_kind,
    search_kind;

std::span<const StepKind* const> step_kinds() {
  static constexpr const StepKind* rows[] = {&text_kind,   &files_kind,   &review_kind, &ranking_kind,
                                             &choice_kind, &verdict_kind, &query_kind,  &search_kind};
  return rows;
}

const StepKind* step_kind_named(std::string_view name) {
  const auto rows = step_kinds();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const StepKind* row) { return row->name == name; });
  return found == rows.end() ? nullptr : *found;
}

}  // namespace plenum::workflow
