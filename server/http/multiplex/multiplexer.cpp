#include "server/http/multiplex/multiplexer.h"

#include <vector>

#include "server/http/sse/control_frames.h"

namespace plenum::http {

Multiplexer::Multiplexer(runtime::EventLoop& loop, const BroadcasterOptions& options,
                         std::function<FeedSources&(const runtime::EventLoop&)> sources_on)
    : environment_{loop, lingering_, options, std::move(sources_on)},
      lingering_(loop),
      sources_(options.views_per_stream_max) {}

Multiplexer::~Multiplexer() = default;

void Multiplexer::subscribe(int fd, MultiplexRequest request, const std::string& extra_headers,
                            std::shared_ptr<const void> permit) {
  runtime::EventLoop& loop = environment_.loop;
  // Still on the call stack, perhaps: destroyed at the end of the iteration.
  const auto on_closed = [this](MultiplexConnection& closed) {
    environment_.loop.defer([this, &closed] { connections_.erase(&closed); });
  };
  auto connection =
      std::make_shared<MultiplexConnection>(environment_, fd, std::move(request), on_closed, std::move(permit));
  connections_.emplace(connection.get(), connection);
  std::string head = event_stream_head(extra_headers);
  environment_.options.scrubber.scrub(head);
  connection->start(std::move(head), drain_until_.value_or(SteadyTime::max()));
  if (drain_until_) {
    connection->drain(std::chrono::duration_cast<milliseconds>(*drain_until_ - loop.now()));
  }
}

void Multiplexer::sweep() {
  const SteadyTime now = environment_.loop.clock().steady();
  // A connection that ends here is erased at the end of the iteration.
  for (const auto& [key, connection] : connections_) connection->sweep(now);
  lingering_.sweep(now);
}

void Multiplexer::drain(std::chrono::milliseconds window) {
  drain_until_ = environment_.loop.now() + window;
  for (const auto& [key, connection] : connections_) connection->drain(window);
}

}  // namespace plenum::http
