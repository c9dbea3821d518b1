// What a page of LLM Council requests when it loads: configuration, user, version, models.
// Request threads only.
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

// The default members of the workflow `council` and its chairman. May wait for the lists of models.
HandlerResult get_council_config(const HandlerContext& context, const Request& request, std::string_view tail);
HandlerResult get_council_user(const HandlerContext& context, const Request& request, std::string_view tail);
HandlerResult get_council_version(const HandlerContext& context, const Request& request, std::string_view tail);
HandlerResult get_council_curated(const HandlerContext& context, const Request& request, std::string_view tail);
// {models: [{id, name, provider, context_length?, pricing?}]}: the configured models of providers with a key.
HandlerResult get_council_models(const HandlerContext& context, const Request& request, std::string_view tail);

}  // namespace plenum::http
