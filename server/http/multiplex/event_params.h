// Query parameters of the routes that deliver events. Pure: any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "server/http/message/query_params.h"
#include "server/http/sse/stream_view.h"

namespace plenum::http {

// The parameters of every such route (the position, `dialect`, `replay`, `types` and `members`), and those of `own`.
// Fails as Query::parse.
Result<Query> parse_event_query(std::string_view text, std::initializer_list<std::string_view> own);
// `dialect`, `replay`, `types` and `members`. default_format: of a stream whose query has no `dialect`, and none of the
// parameters that apply to native events only. Fails with bad_request.
Result<StreamView> parse_view(const Query& query, compat::CompatFormat default_format = compat::CompatFormat::native);
// The id of the last received event in a URL; empty: none.
std::string last_event_id(const Query& query);

}  // namespace plenum::http
