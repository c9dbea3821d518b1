// A live view that is left at any event, and the command that continues after what it showed, together show the whole
// text of every member that had begun.
#include <doctest/doctest.h>

#include <map>

#include "tests/unit/client/live/transcript.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char byte : text) {
    if (byte != ' ' && byte != '\n') letters += byte;
  }
  return letters;
}

// The rest of `text` after its longest start that `screen` has.
std::string_view rest_after(const std::string& screen, std::string_view text) {
  std::size_t low = 0, high = text.size();
  while (low < high) {
    const std::size_t middle = (low + high + 1) / 2;
    if (screen.find(text.substr(0, middle)) != screen.npos) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return text.substr(low);
}

// The answers of members, and the chunks that had text before this event.
std::map<std::string, std::string> texts_begun(const std::vector<std::string>& events, std::size_t cut) {
  std::map<std::string, std::string> begun, whole;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Result<ReceivedEvent> event = parse_event(events[i]);
    if (event->source.stage != "answers") continue;
    if (i < cut && std::holds_alternative<TokenStream>(event->payload)) begun[event->source.chunk] = "";
    if (const auto* done = std::get_if<ChunkCompleted>(&event->payload)) whole[event->source.chunk] = done->output;
  }
  for (auto& [chunk, text] : begun) text = letters_of(whole[chunk]);
  return begun;
}

}  // namespace

TEST_CASE("a run that is left and continued shows the whole text of every member that had begun") {
  const std::vector<std::string> events = transcript("council");
  for (std::size_t cut = 1; cut < events.size(); cut += 7) {
    CAPTURE(cut);
    LiveScreen first(80, 24);
    first.play({events.begin(), events.begin() + static_cast<std::ptrdiff_t>(cut)});
    first.view.leave();
    first.view.flush();
    const std::uint64_t shown = first.view.shown_through().value_or(0);
    CHECK(shown == cut);  // the events of the transcript are numbered from 1
    LiveScreen second(80, 24);
    second.play({events.begin() + static_cast<std::ptrdiff_t>(shown), events.end()});
    const std::string before = letters_of(first.terminal.text()), after = letters_of(second.terminal.text());
    for (const auto& [chunk, text] : texts_begun(events, cut)) {
      CAPTURE(chunk);
      const std::string_view rest = rest_after(before, text);
      CHECK(after.find(rest) != after.npos);
    }
  }
}
