// The rankings of a run as LLM Council displays them: common labels, the texts of the reviewers, the standing of the
// answers. Inside server/compat only. Pure: any thread.
#pragma once

#include "common/json/json.h"
#include "server/compat/run_view.h"

namespace plenum::compat {

// [{model, ranking, parsed_ranking[], metrics}], one for each reviewer that succeeded.
Json rankings_data(const RunView& run);
// {label_to_model, aggregate_rankings[{model, average_rank, rankings_count}], web_search_used, web_search_error?}.
Json rankings_metadata(const RunView& run);
// [{model, status_code, category, message}] of the reviewers that failed.
Json ranking_errors(const RunView& run);

}  // namespace plenum::compat
