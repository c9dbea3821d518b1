#include "server/provider/transport/transfer.h"

#include "server/provider/transport/curl_engine.h"
#include "server/provider/transport/transfer_state.h"

namespace plenum::provider {

Transfer::Transfer(std::unique_ptr<TransferState> state) : state_(std::move(state)) {}
Transfer::~Transfer() = default;

void Transfer::mark_streaming() { state_->mark_streaming(); }

bool Transfer::sent() const { return state_->sent; }

Transfers::Transfers(runtime::EventLoop& loop, TransferOptions options)
    : engine_(std::make_unique<CurlEngine>(loop, std::move(options))) {}
Transfers::~Transfers() = default;

std::unique_ptr<Transfer> Transfers::post(TransferRequest request, TransferListener& listener) {
  auto state = std::make_unique<TransferState>(*engine_, std::move(request), listener);
  engine_->begin(*state);
  return std::make_unique<Transfer>(std::move(state));
}

}  // namespace plenum::provider
