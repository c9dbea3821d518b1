#include "tests/unit/client/live/transcript.h"
#include "tests/unit/client/client_fixtures.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

namespace plenum::tests {

void TerminalOutput::flush() {
  if (pending_.empty()) return;
  ++frames;
  bytes += pending_.size();
  largest_frame = std::max(largest_frame, pending_.size());
  terminal_.write(pending_);
  pending_.clear();
}

std::vector<std::string> transcript(std::string_view name) {
  std::ifstream file(std::string(TRANSCRIPTS_DIR) + "/" + std::string(name) + ".jsonl");
  std::vector<std::string> events;
  for (std::string line; std::getline(file, line);) events.push_back(line);
  REQUIRE_MESSAGE(!events.empty(), "no transcript " << name);
  return events;
}

LiveScreen::LiveScreen(std::size_t columns, std::size_t rows, bool color)
    : terminal(columns, rows),
      // The emulator does not wrap lines again when its width changes.
      view(output, time, {.color = color, .reflows = false, .size = [this] { return size_; }}),
      size_{columns, rows} {}

void LiveScreen::wait_until(std::int64_t t_ms) {
  while (time.since_start().count() < t_ms) {
    const milliseconds left(t_ms - time.since_start().count());
    time.pause(std::min(left, view.refresh()));
  }
  view.refresh();
}

void LiveScreen::play(const std::vector<std::string>& events, std::int64_t until_ms) {
  while (next_ < events.size()) {
    const Result<ReceivedEvent> event = parse_event(events[next_]);
    REQUIRE(event);
    if (event->t_ms > until_ms) break;
    wait_until(event->t_ms);
    view.on_event(*event, events[next_]);
    view.flush();
    ++next_;
  }
  if (next_ < events.size()) wait_until(until_ms);
}

void LiveScreen::play(const std::vector<std::string>& events) { play(events, std::int64_t{1} << 40); }

void LiveScreen::show(const Event& event, std::int64_t t_ms) {
  wait_until(t_ms);
  const std::string json = event_json(event, ++seq_, t_ms);
  const Result<ReceivedEvent> received = parse_event(json);
  REQUIRE(received);
  view.on_event(*received, json);
  view.flush();
}

void LiveScreen::resize(std::size_t columns, std::size_t rows) {
  size_ = {columns, rows};
  terminal.resize(columns, rows);
}

}  // namespace plenum::tests
