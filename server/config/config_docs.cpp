#include "server/config/config_docs.h"

#include <fmt/format.h>

#include "common/base/version.h"
#include "common/text/roff.h"
#include "server/config/config_table.h"
#include "server/config/parameter_keys.h"
#include "server/config/provider_tables.h"

namespace plenum::config {

namespace {

constexpr std::string_view head = R"(# Configuration

This page is generated from the table in `server/config/config_table.cpp`; a test compares the two.

Every setting has one name, written in three ways:

| source | example | precedence |
|---|---|---|
| flag | `--heartbeat-ms 5s` | highest |
| environment | `PLENUM_HEARTBEAT_MS=5s` | |
| file (TOML, `--config plenum.toml` or `PLENUM_CONFIG`) | `heartbeat_ms = "5s"` | above the default |

- A duration is a number of milliseconds or a number with a unit: `500ms`, `15s`, `5m`, `2h`, `30d`.
- A size is a number of bytes or a number with a unit: `64KiB`, `64MiB`, `1GiB`.
- A list is `["a", "b"]` in the file and `a,b` elsewhere.

An unknown name in the file or on the command line, a wrong type, or a number outside its range is an error: the server
prints the position (`plenum.toml:3:1: …`) and the accepted values, and does not start. An environment variable that
looks like a misspelled setting is logged as a warning. Provider keys are never written to the file: `key_env` names the
environment variable that holds the key.

## Settings

| name | default | accepts | description |
|---|---|---|---|
)";

constexpr std::string_view before_kinds = R"(
A store file belongs to one server: a second server on the same file prints an error and does not start.
[event-log.md](event-log.md) describes durability. A non-loopback listen address requires `allow_public = true`: this
version has no authentication, so anyone who can reach the port can spend the money behind the provider keys.

## Providers

Each `[providers.NAME]` table makes `NAME/model` available as a member. Without any table, providers are detected from
the environment: see [providers.md](providers.md).

| key | accepts | description |
|---|---|---|
)";

constexpr std::string_view after_kinds =
    R"(| `base_url` | `https://host/path` | URL prefix; optional for the names in [providers.md](providers.md) |
| `key_env` | name of an environment variable | holds the key; without it no key is sent |
| `models` | list of strings | listed models; other model names are passed through |
| `default_models` | list of strings | used when a member names only the provider: the first one that the provider serves; default: the first of `models`. `default_model` sets a single one |
| `price_list` | name of a vendor | the models cost what the price file lists for this vendor; default: the vendor of the known address |
| `allow_insecure_http` | true or false | allow sending the key over unencrypted `http` to another machine |
| `fallback` | list of members | fallback chain for all models of this provider |
| `proxy` | URL, `none` | outbound proxy of this provider, also if its address is a loopback one; overrides the setting and the environment; see [providers.md](providers.md#outbound-proxies) |
| `ca_file` | path of a PEM file | overrides the setting of the same name |
| `client_cert` | path of a PEM file | certificate that is presented to the provider (mTLS), followed by its intermediate certificates |
| `client_key` | path of a PEM file | its private key, without a passphrase; default: in the file of `client_cert` |
| `structured_output` | `json_schema`, `tool`, `none` | how the provider enforces a JSON schema; see [providers.md](providers.md#structured-output) |
| `attachments` | list of `image`, `pdf` | attachments that are sent to its models; see [providers.md](providers.md#attachments) |
)";

constexpr std::string_view tail = R"(
## Personas

`[personas]` names system prompts: the member `openai/gpt-4.1#skeptic` is that model with the text of `skeptic` before the
system prompt of every step. A task may define further personas. See [workflows.md](workflows.md#personas).

## Councils

Each `[councils.NAME]` table names the members of a task and their settings: a task selects it with `"council": "NAME"`. A
task that names neither a council nor members uses the council `default`, if there is one. See
[workflows.md](workflows.md#councils).

| key | accepts | description |
|---|---|---|
| `members` | list of members, required | members of the task |
| `chairman` | a member | fills the chairman's role; default: chosen by the workflow |
| `judge` | a member | fills it instead in workflows whose chairman judges a single text; default: `chairman` |
| `workflow` | name of a workflow | used by tasks that name none, or `auto` |
| `fallback` | table of lists of members | fallback chains by member, as in a task |
| `personas` | table of strings | system prompts by name, as in `[personas]` |
| `parameters` | table | parameters of the model calls, as in a task: also by member, role and step |
| `description` | string | shown by `plenum councils` |

## Prices

`[prices]` sets model prices in US dollars per million tokens. A row overrides the price file and the provider's own
list. `"provider/*"` applies to all models of a provider without their own row. `cached_input` and `cache_write` default
to `input`. See [providers.md](providers.md#prices) for all keys of a row.

```toml
listen = "127.0.0.1:8080"
heartbeat_ms = "15s"

[providers.local]
kind = "ollama"
models = ["llama3.2"]
concurrent_requests_max = 1

[providers.openai]
kind = "openai"
key_env = "OPENAI_API_KEY"
fallback = ["local/llama3.2"]

[personas]
skeptic = "You look for what is wrong, unproven or missing, and state it first."

[councils.review]
members = ["openai/gpt-4.1#skeptic", "local"]
chairman = "openai/gpt-4.1"
parameters = {max_tokens = 4000}

[prices]
"openai/gpt-4.1" = {input = 2.0, output = 8.0, cached_input = 0.5}
"local/*" = {input = 0, output = 0}
```
)";

std::string setting_row(const Setting& setting) {
  const auto value = setting.default_text.empty() ? std::string("none") : fmt::format("`{}`", setting.default_text);
  return fmt::format("| `{}` | {} | {} | {} |\n", setting.name, value, accepted_values(setting), setting.sentence);
}

std::string number_row(const ProviderNumber& row) {
  const ProviderConfig defaults;
  std::string value;  // timeouts have none: the setting applies
  if (const auto* number = std::get_if<std::int64_t ProviderConfig::*>(&row.field)) {
    value = fmt::format(", default `{}`", format_quantity(row.unit, defaults.*(*number)));
  }
  return fmt::format("| `{}` | {}{} | {} |\n", row.name, range_text(row.unit, row.low, row.high), value, row.sentence);
}

void add_setting(RoffPage& page, const Setting& setting) {
  std::string text =
      fmt::format("{} Default: {}.", setting.sentence, setting.default_text.empty() ? "none" : setting.default_text);
  if (is_number(setting)) text += fmt::format(" Range: {}.", accepted_values(setting));
  if (!setting.choices.empty()) text += fmt::format(" Values: {}.", accepted_values(setting));
  page.item(fmt::format("{} ({})", flag_of(setting), variable_of(setting)), text);
}

}  // namespace

std::string settings_markdown() {
  std::string page(head);
  for (const auto& setting : settings()) page += setting_row(setting);
  page.append(before_kinds);
  page += fmt::format("| `kind` | {} | protocol of the provider |\n", core::provider_kind_list("`"));
  page.append(after_kinds);
  for (const auto& row : provider_numbers()) page += number_row(row);
  for (const auto& row : parameter_keys())
    page += fmt::format("| `{}` | {} | {} |\n", row.name, row.accepts, row.sentence);
  return page.append(tail);
}

std::string settings_manual() {
  RoffPage page("plenumd", 8, fmt::format("plenumd {}", program_version()));
  page.section("Name");
  page.paragraph("plenumd - server that runs workflows of language-model calls and streams their events");
  page.section("Synopsis");
  page.verbatim("plenumd [OPTIONS]");
  page.section("Description");
  page.paragraph(
      "plenumd takes tasks over HTTP, runs each as a workflow of model calls in the background, and streams every step "
      "as resumable server-sent events. plenum(1) is its client, and starts it if none is running.");
  page.paragraph(
      "Every setting may be set by its flag, by its environment variable, or in a TOML file under its name: "
      "heartbeat_ms for --heartbeat-ms. Flags take precedence over the environment, the environment over the file.");
  page.section("Options");
  page.item("--help", "Print the options.");
  page.item("--version", "Print the version.");
  page.item("--config FILE", "TOML file with settings and [providers.NAME] tables. Also set by PLENUM_CONFIG.");
  page.item("--check", "Validate configuration and workflows, then exit.");
  page.item("--check-workflow FILE...", "Validate these workflow files (- is standard input), then exit.");
  page.item("--json", "With --check-workflow: print JSON.");
  page.section("Settings");
  for (const Setting& setting : settings()) add_setting(page, setting);
  page.section("Signals");
  page.item("SIGTERM, SIGINT", "Graceful shutdown: running tasks may finish within the drain time.");
  page.item("SIGHUP", "Reload the workflow files.");
  page.section("See also");
  page.paragraph("plenum(1)");
  return page.text();
}

}  // namespace plenum::config
