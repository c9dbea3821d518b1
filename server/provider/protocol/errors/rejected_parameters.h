// Finds the parameters that an error message of a provider rejects. Vendors word it differently and many do not name
// the parameter in a field of its own, so the text decides: the first parameter that it names and that was sent.
// Sources: docs/providers.md, "Rejected parameters". Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "server/core/parameter_form.h"

namespace plenum::protocol {

// `message`: of an error with the class invalid_request. Nothing if it names no parameter that was sent, or only
// mandatory ones without a smaller value that would be accepted.
std::optional<core::Rejection> find_rejection(std::string_view message, const core::SentParameters& sent);

}  // namespace plenum::protocol
