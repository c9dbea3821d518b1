#include <ctime>

#include "tests/flow/faults/fault_cases.h"

namespace plenum::tests {

namespace {

constexpr std::string_view html = "<html><body>Bad Gateway</body></html>";

Script begun(Vendor vendor) { return Script::stream(Framing::until_close, vendor).words({"Half", " an"}); }

std::string in_an_hour() {
  const std::time_t at = std::time(nullptr) + 3600;
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[40];
  text[std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)] = '\0';
  return text;
}

std::function<Script(Vendor)> busy(std::string retry_after) {
  return [retry_after](Vendor vendor) {
    return Script::answer(429, error_body(vendor, 429, "Rate limit reached for " + fault_key), "application/json",
                          {{"Retry-After", retry_after}});
  };
}

std::function<Script(Vendor)> status(int code) {
  return [code](Vendor vendor) {
    return Script::answer(code, error_body(vendor, code, "It fell over with " + fault_key));
  };
}

// One byte at a time, slowly, behind the first word.
Script trickle(Vendor vendor) {
  Script script = begun(vendor);
  const std::string more = text_chunk(vendor, " answer that takes very long");
  for (char byte : more) script.pause(scaled(milliseconds(100))).send(std::string(1, byte));
  return script;
}

}  // namespace

std::vector<Fault> transport_faults() {
  constexpr milliseconds at_once{0};
  return {
      {"U1", "connection refused", [](Vendor) { return Script::silence().close_listener_first(true); }, "transport", "",
       at_once, true},
      {"U2", "connecting hangs", [](Vendor) { return Script::silence().close_listener_first(false); }, "timeout", "",
       connect_bound, true},
      {"U3", "no headers", [](Vendor) { return Script::silence(); }, "timeout", "", first_token_bound, true},
      {"U4", "headers, no body",
       [](Vendor vendor) {
         return Script::stream(Framing::chunked, vendor == Vendor::anthropic ? Vendor::openai : vendor).never_end();
       },
       "timeout", "", first_token_bound, true},
      {"U5a", "one byte a second from the start",
       [](Vendor vendor) {
         Script script = Script::stream(Framing::until_close, Vendor::openai);
         for (char byte : text_chunk(vendor, "slow")) script.pause(seconds(1)).send(std::string(1, byte));
         return script;
       },
       "timeout", "", first_token_bound, true},
      {"U5b", "bytes trickle in mid-answer", trickle, "timeout", "Half an", step_bound},
      {"U5c", "silence in mid-answer", [](Vendor vendor) { return begun(vendor).never_end(); }, "timeout", "Half an",
       idle_bound},
      {"U6", "reset in mid-token",
       [](Vendor vendor) {
         return begun(vendor).send(text_chunk(vendor, " answer").substr(0, 20)).pause(milliseconds(60)).cut(Cut::reset);
       },
       "transport", "Half an", milliseconds(60)},
      {"U7", "end without the end marker", [](Vendor vendor) { return begun(vendor).cut(Cut::fin); }, "truncated",
       "Half an", at_once},
      {"U8", "error event under 200",
       [](Vendor vendor) {
         return begun(vendor).send(error_event(vendor, "The engine fell over with " + fault_key)).cut(Cut::fin);
       },
       "server", "Half an", at_once},
      {"U9a", "429, Retry-After: 0", busy("0"), "rate_limit", "", at_once, true},
      {"U9b", "429, Retry-After: 3", busy("3"), "rate_limit", "", at_once},
      {"U9c", "429, Retry-After: a date", busy(in_an_hour()), "rate_limit", "", at_once},
      {"U9d", "429, Retry-After: 10^9", busy("1000000000"), "rate_limit", "", at_once},
      {"U9e", "429, Retry-After: garbage", busy("soon\x01, maybe"), "rate_limit", "", at_once, true},
      {"U10a", "500", status(500), "server", "", at_once, true},
      {"U10b", "529", status(529), "overloaded", "", at_once, true},
      {"U10c", "502 with a web page", [](Vendor) { return Script::answer(502, std::string(html), "text/html"); },
       "transport", "", at_once, true},
      {"U11", "301 to another host",
       [](Vendor) {
         return Script::answer(301, "", "text/plain", {{"Location", "http://other.example.test/v1/chat/completions"}});
       },
       "invalid_request", "", at_once},
      {"U12", "200 with a web page", [](Vendor) { return Script::answer(200, std::string(html), "text/html"); },
       "malformed", "", at_once},
  };
}

std::vector<Fault> all_faults() {
  std::vector<Fault> all = transport_faults();
  for (Fault& fault : content_faults()) all.push_back(std::move(fault));
  return all;
}

}  // namespace plenum::tests
