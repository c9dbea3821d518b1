// `plenum doctor`: measures, and prints what diagnosis.h finds.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "client/cli/commands/execute.h"
#include "client/cli/commands/outcome.h"
#include "client/cli/tools/diagnosis.h"
#include "client/settings/config_file.h"
#include "client/settings/key_store.h"
#include "common/base/version.h"
#include "common/protocol/api_paths.h"

namespace plenum::client {
namespace {

const char* doctor_variable(const char* name) { return std::getenv(name); }

Check file_check() {
  const std::string path = config_path(doctor_variable);
  if (const auto file = load_config(path); !file) {
    return {"config", Finding::failed, file.error().message, std::string(file.error().advice())};
  }
  if (const auto keys = KeyStore(keys_path(doctor_variable)).load(); !keys) {
    return {"config", Finding::failed, keys.error().message, std::string(keys.error().advice())};
  }
  return {"config", Finding::ok, path.empty() ? "no directory" : path};
}

// Ends at the first bytes of the body.
class FirstBytes final : public HttpReader {
 public:
  bool on_head(const HttpHead& head) override {
    is_stream_ = head.status == 200 && head.content_type.starts_with("text/event-stream");
    return is_stream_;
  }
  bool on_bytes(std::string_view bytes) override {
    any_ = is_stream_ && !bytes.empty();
    return !any_;
  }
  milliseconds silence_max() const override { return milliseconds(5'000); }
  bool any() const { return any_; }

 private:
  bool is_stream_ = false;
  bool any_ = false;
};

// The server sends the first event of this stream at once.
Check measured_streaming(Session& session) {
  Waiter& waiting = session.context().waiting;
  HttpRequest request;
  request.url = session.line().server + std::string(api::multiplexed_events) + "?scope=mine";
  request.headers = {"Accept: text/event-stream"};
  FirstBytes reader;
  const SteadyTime start = waiting.now();
  const HttpOutcome outcome = perform(request, reader, waiting);
  if (!reader.any())
    return streaming_check(std::nullopt, outcome.cause.empty() ? "the answer is no event stream" : outcome.cause);
  return streaming_check(std::chrono::duration_cast<milliseconds>(waiting.now() - start), "");
}

void add_server_checks(Session& session, std::vector<Check>& checks) {
  const SystemClock clock;
  const SteadyTime start = clock.steady();
  const Result<Json> status = session.api().call("GET", api::server_status, "version");
  const WallTime own = clock.wall();
  if (!status) return checks.push_back(unreachable_check(status.error()));
  checks.push_back(version_check(session.line().server, *status, program_version()));
  checks.push_back(clock_check(*status, own, std::chrono::duration_cast<milliseconds>(clock.steady() - start)));
  const Result<Json> models = session.api().models();
  checks.push_back(models
                       ? keys_check(*models)
                       : Check{"keys", Finding::failed, models.error().message, std::string(models.error().advice())});
  checks.push_back(measured_streaming(session));
}

std::string character_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (std::string locale = value_of(doctor_variable, name); !locale.empty()) return locale;
  }
  return "";
}

}  // namespace

int execute(Session& session, const DoctorCommand&) {
  const CommandContext& context = session.context();
  std::vector<Check> checks{file_check()};
  add_server_checks(session, checks);
  checks.push_back(
      terminal_check({context.out_is_terminal || context.err_is_terminal, context.color.term, character_locale(),
                      context.columns, use_color(session.line().color, context.color, context.err_is_terminal)}));
  session.reply(checks_json(checks), checks_text(checks));
  return any_failed(checks) ? exit_failed : 0;
}

}  // namespace plenum::client
