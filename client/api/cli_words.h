// Texts of the server in the words of this program: the server writes for callers of its API, which know fields and
// routes; users of plenum know options and commands. Pure: any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/protocol/event.h"

namespace plenum::client {

// A message or remedy with options for fields and commands for routes. Other text is unchanged.
std::string cli_words(std::string_view text);
// What a user of plenum can do about an error. remedy: that of the server; empty: that of the error table.
std::string cli_remedy(ErrorCode code, std::string_view remedy = {});
// The option of a field of a request: `--member` for /members/0, `--parameter step.ranking.seed` for
// /parameters/steps/ranking/seed. The pointer itself for a field without an option.
std::string cli_field(std::string_view pointer);

// The event with its messages, reasons and errors in these words. Texts of models are not changed.
ReceivedEvent in_cli_words(ReceivedEvent event);
// Whether in_cli_words() may change the event.
bool has_server_words(const ReceivedEvent& event);

}  // namespace plenum::client
