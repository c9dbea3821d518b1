// Common fixture of most flow tests: a real server, the upstream of its provider `bench`, and helpers for client
// requests. Throws tests::Failure where a test cannot continue.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"
#include "tests/support/net/http_client.h"
#include "tests/support/net/sse_reader.h"
#include "tests/support/process/server_process.h"
#include "tests/support/upstream/scripted_upstream.h"

namespace plenum::tests {

// Top-level settings of the server, as in ServerOptions.
using Settings = std::map<std::string, std::string>;

// Members of the stack in order: the upstream outlives the server that talks to it.
struct World {
  // more_tables go behind the table of `bench`. `@upstream@` in them stands for the address of the upstream.
  explicit World(Settings settings = {}, const std::string& more_tables = {});

  // Starts a task and gives its id; throws unless the answer is 202. `fields` are further members of
  // the body: `"context":{"a":1}`.
  std::string submit(std::string_view workflow, std::string_view task = "Say something.", std::string_view fields = {});
  std::string submit_single() { return submit("single"); }

  HttpReply get(std::string_view target, const Headers& headers = {}) const;
  HttpReply post(std::string_view target, std::string_view json = {}, const Headers& headers = {}) const;
  Json status(const std::string& id) const;
  // The result route's answer, without what stands beside the result.
  Json result(const std::string& id) const;
  HttpReply cancel(const std::string& id) const;
  SseReader events(const std::string& id, const std::string& query = {}, const Headers& headers = {}) const;
  // The whole stream, read to its end; throws when it does not end.
  std::vector<Frame> whole_stream(const std::string& id) const;

  ScriptedUpstream upstream;
  ServerProcess server;
};

// The body of a POST for one member of `bench`.
std::string task_body(std::string_view workflow, std::string_view task, std::string_view fields = {});

// All frames of this event.
std::vector<Json> events_named(const std::vector<Frame>& frames, std::string_view name);
// The `agent` of every chunk_started, in order.
std::vector<std::string> agents_started(const std::vector<Frame>& frames);
// All text deltas, joined. How a text is cut into events depends on how its packets came, so tests ask
// for the text and not for its pieces.
std::string streamed_text(const std::vector<Frame>& frames);
// Reads until the text of one chunk so far holds this.
bool read_text(SseReader& reader, std::string_view text, Deadline deadline = seconds(10));
// The frames' exact bytes, joined. Only those with an id: control frames belong to a connection.
std::string numbered_bytes(const std::vector<Frame>& frames);
// The stream obeys what every stream must: ids contiguous from 1, one terminal event and it is last, the
// envelope agrees with the frame. What is wrong, or "".
std::string broken_rule(const std::vector<Frame>& numbered);

// Answers every ranking prompt that shows two or more of these labels: all of them, in the order in which the form of
// the prompt lists them.
void script_rankings(ScriptedUpstream& upstream, std::string_view labels);

// The answers of a run of `consensus` whose first review finds something and whose second does not.
namespace consensus {
extern const char* const architecture;
extern const char* const code;       // with its fence
extern const char* const bare_code;  // without
extern const char* const bad_review;
extern const char* const refined_code;  // with its fence
extern const char* const bare_refined;  // without
extern const char* const good_review;
extern const char* const documentation;
}  // namespace consensus
// Scripts those six answers, in order.
void script_consensus(ScriptedUpstream& upstream);

}  // namespace plenum::tests
