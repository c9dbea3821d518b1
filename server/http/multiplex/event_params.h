// Query parameters of the routes that deliver events. Pure: any thread.
#pragma once

#include <string>

#include "common/base/result.h"
#include "server/http/message/query_params.h"
#include "server/http/sse/stream_view.h"

namespace plenum::http {

// `dialect`, `replay`, `types` and `members`. default_format: of a stream whose query has no `dialect`, and none of the
// parameters that apply to native events only. Fails with bad_request.
Result<StreamView> parse_view(const Query& query, compat::CompatFormat default_format = compat::CompatFormat::native);
// The id of the last received event in a URL; empty: none.
std::string last_event_id(const Query& query);

}  // namespace plenum::http
