// Inputs of the client become UTF-8 without a byte order mark, or an error with a position; addresses, the log of a
// starting server, the configuration file and the stored keys are read without a fault.
#include <cstdint>
#include <string>

#include "client/api/api_client.h"
#include "client/autostart/local_address.h"
#include "client/autostart/startup_log.h"
#include "client/cli/args/input_text.h"
#include "client/settings/config_file.h"
#include "client/settings/key_store.h"
#include "common/base/utf8.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using plenum::tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto text = client::input_text(bytes, "input");
  require(text.has_value() == is_utf8(bytes));
  require(text ? bytes.ends_with(*text) && bytes.size() - text->size() <= 3
               : text.error().message.find(" in line ") != std::string::npos);

  const client::LocalAddress address = client::local_address(bytes);
  require(address.url.starts_with("http://") && !address.listen.empty());
  if (const auto url = client::server_url_from(bytes)) {
    require(url->starts_with("http://") || url->starts_with("https://"));
    require(client::server_url_from(*url) == *url);
  }

  const client::StartFailure failure = client::failure_in_log(bytes);
  require(failure.cause.size() <= 3 * bytes.size() && failure.remedy.size() <= bytes.size());
  for (const std::string& notice : client::notices_in_log(bytes)) {
    require(notice.find('\n') == std::string::npos && notice.size() <= bytes.size());
  }

  const auto config = client::parse_config(bytes, "c");
  require(config || config.error().message.starts_with("c:"));
  const auto* color = client::client_setting_named("color");
  if (const auto changed = client::config_with(bytes, "c", *color, "never")) {
    require(client::parse_config(*changed, "c")->at("color").text == "never");
  }
  if (const auto keys = client::parse_keys(bytes, "k")) {
    for (const auto& [variable, key] : *keys) require(variable.ends_with("_API_KEY") && !key.empty());
  }
  return 0;
}
