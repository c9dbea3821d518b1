// Follows a stream for a user: shows it, cancels the task on Ctrl-C, prints the attach command on exit, and maps the
// end of the stream to an exit code. Not thread-safe.
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
  std::string server_argument;  // ` --server URL`, or empty, for the attach hint
};

// What is known about a cancel request.
enum class CancelState : unsigned char {
  none,         // not sent, or rejected
  unconfirmed,  // it may have reached the server: the response is missing
  accepted,
};

class StreamSession final : private FollowListener {
 public:
  // All of them must outlive the session.
  StreamSession(ApiClient& api, SignalWaiter& waiting, View& view, Output& output, FollowRequest request);

  // Blocks until the stream ends or the user stops. Returns the exit code.
  int run();
  // The attach command that was printed on exit; empty if there was no reason for one.
  const std::string& printed_hint() const { return printed_hint_; }

 private:
  void on_event(const ReceivedEvent& event, std::string_view json) override;
  bool on_batch_end() override;
  void on_connected() override;
  void on_connection_issue(const ConnectionIssue& issue) override;
  void on_mismatch(const std::string& description) override;
  milliseconds on_wait() override;

  bool interrupted();
  void cancel();
  void skip(const std::string& member);
  // What the user requested by a key.
  void carry_out(const ViewRequest& request);
  void wait_until_closed();
  int on_finished();
  int on_stopped();
  int on_failure(const Error& error);
  // Writes held text, so that the hint can name an event.
  void leave();
  std::string task_state() const;
  std::string attach_hint() const;

  ApiClient& api_;               // set once
  SignalWaiter& waiting_;        // set once
  View& view_;                   // set once
  Output& output_;               // set once
  const FollowRequest request_;  // set once
  StreamFollower follower_;
  bool disconnected_ = false;
  bool cancel_pending_ = false;  // to be repeated after a reconnect
  CancelState cancel_state_ = CancelState::none;
  bool left_ = false;   // by a key
  bool ended_ = false;  // the terminal event was received
  int exit_code_ = 0;   // of the terminal event
  std::string printed_hint_;
};

}  // namespace plenum::client
