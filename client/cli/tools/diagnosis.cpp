#include "client/cli/tools/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "client/cli/render/format.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/strings.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

std::string_view finding_name(Finding finding) {
  switch (finding) {
    case Finding::ok:
      return "ok";
    case Finding::warning:
      return "warning";
    default:
      return "failed";
  }
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace

Check version_check(const std::string& server, const Json& status, std::string_view own_version) {
  const std::string version = text_at(status, "version");
  Check check{"server", Finding::ok, fmt::format("{}, version {}", server, version)};
  if (text_at(status, "status") != "ok") {
    check.finding = Finding::warning;
    check.detail += fmt::format(", {}", text_at(status, "status"));
    check.remedy = "The server is stopping; try again when it has been started.";
  } else if (version != own_version) {
    check.finding = Finding::warning;
    check.detail += fmt::format("; plenum has {}", own_version);
    check.remedy = "Install plenum and plenumd of one version, and restart the server.";
  }
  return check;
}

Check unreachable_check(const Error& error) {
  return {"server", Finding::failed, error.message, std::string(error.advice())};
}

Check clock_check(const Json& status, WallTime own, milliseconds round_trip) {
  WallTime theirs{};
  if (!parse_rfc3339(text_at(status, "time"), theirs)) {
    return {"clock", Finding::warning, "the server does not report its time", "Update plenumd."};
  }
  constexpr milliseconds apart_max{5'000};
  const milliseconds apart = std::chrono::abs(std::chrono::duration_cast<milliseconds>(theirs - own));
  const std::string detail = fmt::format("{} apart from that of the server", format_duration(apart.count()));
  if (apart <= apart_max + round_trip) return {"clock", Finding::ok, detail};
  return {"clock", Finding::warning, detail,
          "Synchronize both clocks (NTP): times in lists and exports are those of the server."};
}

Check keys_check(const Json& models) {
  std::vector<std::string> with_key, without;
  bool has_local = false;
  items_at(models, "providers", [&](const Json& provider) {
    const std::string name = text_at(provider, "name"), kind = text_at(provider, "kind");
    if (kind == "ollama") has_local = true;
    if (kind == "ollama" || kind == "offline" || kind == "duckduckgo") return true;
    (flag_at(provider, "key_present") ? with_key : without).push_back(name);
    return true;
  });
  if (!with_key.empty()) return {"keys", Finding::ok, names_text(with_key)};
  return {"keys", Finding::warning,
          has_local ? "no provider has a key; only local models can be called"
                    : "no provider has a key; answers are simulated",
          "Store one with: plenum keys set openai. Then restart the server."};
}

Check streaming_check(const std::optional<milliseconds>& first_event, const std::string& cause) {
  constexpr milliseconds slow{2'000};
  if (!first_event) {
    return {
        "streaming", Finding::failed, "no event arrived: " + cause,
        "Disable the buffering of responses in the proxy before the server: docs/operations.md, \"Reverse proxy\"."};
  }
  const std::string detail =
      fmt::format("first event after {:.2f} s", static_cast<double>(first_event->count()) / 1'000);
  if (*first_event <= slow) return {"streaming", Finding::ok, detail};
  return {"streaming", Finding::warning, detail,
          "A proxy may buffer responses; disable it: docs/operations.md, \"Reverse proxy\"."};
}

Check terminal_check(const TerminalFacts& facts) {
  if (!facts.is_terminal) return {"terminal", Finding::ok, "none: output is plain text"};
  constexpr std::size_t columns_min = 40;
  Check check{"terminal", Finding::ok,
              fmt::format("TERM={}, {} columns, {}", facts.term.empty() ? "(not set)" : facts.term, facts.columns,
                          facts.has_color ? "color" : "no color")};
  const std::string locale = lower_case(facts.locale);
  if (locale.find("utf-8") == locale.npos && locale.find("utf8") == locale.npos) {
    check = {"terminal", Finding::warning, check.detail + ", characters not in UTF-8",
             "Set LC_ALL or LANG to a locale in UTF-8, such as C.UTF-8."};
  } else if (facts.term.empty() || facts.term == "dumb") {
    check = {"terminal", Finding::warning, check.detail,
             "Set TERM to the name of the terminal for the live view and color."};
  } else if (facts.columns < columns_min) {
    check = {"terminal", Finding::warning, check.detail, "Make the window wider: tables need 40 columns."};
  }
  return check;
}

bool any_failed(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.finding == Finding::failed; });
}

std::string checks_text(const std::vector<Check>& checks) {
  std::string text;
  for (const Check& check : checks) {
    text += fmt::format("{:<8} {:<10} {}\n", finding_name(check.finding), check.name, terminal_line(check.detail));
    if (!check.remedy.empty()) text += fmt::format("{:<19} {}\n", "", terminal_line(check.remedy));
  }
  return text;
}

Json checks_json(const std::vector<Check>& checks) {
  Json list = Json::array();
  for (const Check& check : checks) {
    Json entry{{"name", check.name}, {"status", finding_name(check.finding)}, {"detail", check.detail}};
    if (!check.remedy.empty()) entry["remedy"] = check.remedy;
    list.push_back(std::move(entry));
  }
  return Json{{"ok", !any_failed(checks)}, {"checks", std::move(list)}};
}

}  // namespace plenum::client
