// Facilitair's named events, one chunk after the other. Inside server/compat only.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "server/compat/run_view.h"
#include "server/compat/translator.h"

namespace plenum::compat {

// Its agents work one after the other, and its client prints tokens below the header that it printed last. So chunks
// are sent in the order of their start: the text of one that runs in parallel is held until those before it have ended.
class FacilitairTranslator final : public EventTranslator {
 public:
  void translate(const ReceivedEvent& event, std::vector<Frame>& out) override;

 private:
  // A chunk that has not been sent completely.
  struct Open {
    std::string id;
    std::string started_at, completed_at;  // RFC 3339; completed_at is empty while it runs
    std::string held;                      // text that was not sent
    std::string description;
    int number = 0;  // 1-based, in the order of the headers
  };

  void task_event(const ReceivedEvent& event, std::vector<Frame>& out);
  void chunk_event(const ReceivedEvent& event, std::vector<Frame>& out);
  void end(const ReceivedEvent& event, std::vector<Frame>& out);
  void send_header(Open& chunk, std::vector<Frame>& out);
  void send_held(Open& chunk, std::vector<Frame>& out) const;
  // Sends what is possible: ends the first chunk if it is complete, then begins the next one.
  void advance(std::vector<Frame>& out);
  Open* find(std::string_view id);
  std::string agent_of(const Open& chunk) const;

  RunView run_;
  bool planned_ = false;  // the number of stages was sent
  int headers_ = 0;
  std::deque<Open> open_;  // the first one is the one being sent
};

}  // namespace plenum::compat
