#include "server/stream/stream_factory.h"

#include <utility>

#include "server/stream/stored_stream.h"

namespace plenum::stream {

StreamFactory::StreamFactory(runtime::EventLoopGroup& loops, const Clock& clock, LogFactory new_log,
                             StreamLimits limits, core::EventStore* store,
                             std::shared_ptr<runtime::MemoryBudget> memory)
    : loops_(loops),
      clock_(clock),
      new_log_(std::move(new_log)),
      limits_(std::move(limits)),
      store_(store),
      epoch_(random_epoch()),
      totals_(std::make_shared<StreamTotals>()) {
  totals_->memory = std::move(memory);
}

std::shared_ptr<Stream> StreamFactory::assemble(StreamInfo info, StreamDependencies dependencies) const {
  const std::size_t hash = info.id.hash();
  if (store_ != nullptr) dependencies.durable_writer = &store_->durable_writer(loops_.owner_index(hash));
  return std::make_shared<Stream>(std::move(info), loops_.owner_loop(hash), std::move(dependencies), limits_, totals_);
}

std::shared_ptr<Stream> StreamFactory::create(StreamInfo info) const {
  return assemble(std::move(info), {epoch_, new_log_()});
}

Result<std::shared_ptr<Stream>> StreamFactory::restore(core::StoredStream stored, seconds memory_ttl) const {
  auto info = info_from(stored.task, clock_.wall(), clock_.steady());
  if (!info) return Failure(std::move(info.error()));
  info->memory_ttl = std::min(memory_ttl, info->retention);
  auto state = rebuild_state(stored.parts);
  if (!state) return Failure(std::move(state.error()));
  StreamDependencies dependencies{stored.task.epoch, new_log_(), nullptr, *std::move(state)};
  for (core::Frames& part : stored.parts) dependencies.log->adopt(std::move(part.bytes), std::move(part.ends));
  return assemble(*std::move(info), std::move(dependencies));
}

}  // namespace plenum::stream
