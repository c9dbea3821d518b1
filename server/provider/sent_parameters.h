// What a request body has of the parameters of its call: for receipts. Pure: any thread.
#pragma once

#include "common/protocol/model_parameters.h"
#include "server/core/chat.h"

namespace plenum::provider {

// The parameters that were sent, in any form. A token limit that the protocol added is one of them, and so is the
// response format of a step.
ModelParameters sent_parameters(const core::ChatRequest& request, const core::SentParameters& sent);

}  // namespace plenum::provider
