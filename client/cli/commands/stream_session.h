// Follows a stream on behalf of a person: shows it, cancels on Ctrl-C, says how to come back, and turns
// its end into an exit code.
#pragma once

#include <optional>
#include <string>

#include "client/api/api_client.h"
#include "client/api/stream_follower.h"
#include "client/cli/render/view.h"
#include "client/cli/terminal/output.h"
#include "client/cli/terminal/signals.h"

namespace plenum::client {

struct FollowRequest {
  std::string stream_id;
  StreamCursor start;
  bool cancel_on_interrupt = true;
  std::string server_argument;  // ` --server URL` when the way back needs it
};

class StreamSession final : private FollowListener {
 public:
  // All of them must outlive it.
  StreamSession(ApiClient& api, SignalWaiter& waiting, View& view, Output& output, FollowRequest request);

  // Blocks until the stream has ended or the person leaves. Returns the exit code.
  int run();

 private:
  void on_event(const ReceivedEvent& event, std::string_view json) override;
  bool on_settled() override;
  void on_connected() override;
  void on_trouble(const ConnectionIssue& trouble) override;
  void on_mismatch(const std::string& what) override;

  bool interrupted();
  void cancel();
  int after_the_end();
  int after_leaving();
  int after_failure(const Error& error);
  std::string attach_hint() const;

  ApiClient& api_;               // set once
  SignalWaiter& waiting_;        // set once
  View& view_;                   // set once
  Output& output_;               // set once
  const FollowRequest request_;  // set once
  StreamFollower follower_;
  bool in_trouble_ = false;
  bool cancel_wanted_ = false;  // and not yet heard by the server
  bool cancel_heard_ = false;
  bool ended_ = false;  // the terminal event was given
  int exit_code_ = 0;   // of the terminal event
};

// What the terminal event of a run means for a script: 0, 3 when degraded, 130 when cancelled, else the
// error table's.
int exit_code_of(const ReceivedEvent& terminal);
// The same from a status reply; 0 for a run that has not ended.
int exit_code_of_status(const Json& status);
// `message` with its remedy, for a person.
std::string error_text(const Error& error);

}  // namespace plenum::client
