#include "client/cli/render/json_view.h"

#include <string>

#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

void JsonView::on_event(const ReceivedEvent& event, std::string_view json) {
  const auto* message = std::get_if<SystemMessage>(&event.payload);
  if (event.seq == 0 && (message == nullptr || message->code != "gap")) return;
  std::string line = escape_ ? terminal_json(json) : std::string(json);
  line += '\n';
  output_.out(line);
  if (event.seq > 0) shown_ = event.seq;
}

void JsonView::notice(Notice level, std::string_view text) {
  if (quiet_ && level != Notice::error) return;
  output_.err(terminal_text(text) + "\n");
}

}  // namespace plenum::client
