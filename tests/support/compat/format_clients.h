// Clients of the other systems, as far as their demands go: each reads the frames of its format as the real one does
// and reports what the real one would fail at or display wrongly. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace plenum::tests {

// One frame as such a client receives it.
struct ClientFrame {
  std::string name;  // empty in formats without event names
  nlohmann::json data;
};

// What a client holds at the end.
struct ClientView {
  std::string fault;                         // the first demand that was not met; empty: none
  std::map<std::string, std::string> texts;  // by the name that the client displays, or `answer` for the result
  std::vector<std::string> errors;           // `category: model`, or the text of an error
  std::string end;                           // type of the last frame
};

// Source: conclave, src/conclave/models.py (StreamEvent, ModelAnswer, CouncilResult) and _stream_to_terminal of cli.py.
ClientView conclave_client(const std::vector<ClientFrame>& frames);
// Source: llm-sse, internal/handler: its event struct.
ClientView llm_sse_client(const std::vector<ClientFrame>& frames);
// Source: Facilitair, cli/streaming_client_simple.py: handle_event.
ClientView facilitair_client(const std::vector<ClientFrame>& frames);
// Source: LLM Council, frontend/src/hooks/conversationReducer.js before (`stage1_*`) and after (`round_*`) its commit
// 983dff3, with MetricsDisplay.jsx, ModelErrors.jsx and Round.jsx.
ClientView council_client(const std::vector<ClientFrame>& frames, bool rounds);

// The client of a format by its name in ?dialect=.
ClientView client_of(std::string_view format, const std::vector<ClientFrame>& frames);

}  // namespace plenum::tests
