// docs/configuration.md, printed from the table; tests/unit/config compares the two.
#include <fmt/format.h>

#include "server/config/config_table.h"

namespace plenum::config {

namespace {

constexpr std::string_view head = R"(# Configuration

This page is printed from the table in `server/config/config_table.cpp`; a test compares the two.

Every setting has one name, written in three ways. A flag wins over the environment, the environment over
the file, the file over the default, always:

| where | written |
|---|---|
| flag | `--heartbeat-ms 5000` |
| environment | `PLENUM_HEARTBEAT_MS=5000` |
| file (TOML, `--config plenum.toml`) | `heartbeat_ms = 5000` |

The file may also be named by `PLENUM_CONFIG`.

A list is `["a", "b"]` in the file and `a,b` elsewhere. An unknown name in the file or among the flags, a
wrong type and a number out of bounds are faults: the server says where (`plenum.toml:3:1: …`) and what it
takes, and does not start. A variable that looks like a mistyped setting is a warning in the log.
Keys of providers are never written into the file: `key_env` names the variable that holds one.

## Settings

| name | default | takes | what it does |
|---|---|---|---|
)";

constexpr std::string_view tail = R"(
One file belongs to one server: a second one that is given the same file says so and does not start.
[event-log.md](event-log.md) says what is kept when, and what survives what.
Listening on an address that other machines can reach needs `allow_public = true`, because this version
does not ask who somebody is: whoever reaches the port can spend the money behind the providers' keys.

## Providers

Each `[providers.NAME]` table makes `NAME/model` a member that tasks can ask for. With none, providers are
found in the environment: see [providers.md](providers.md).

| key | takes | what it says |
|---|---|---|
| `kind` | `openai`, `openrouter`, `anthropic`, `gemini`, `ollama` or `offline` | which protocol the provider speaks |
| `base_url` | `https://host/path` | what stands before the protocol's own path; known already for the names in [providers.md](providers.md) |
| `key_env` | name of a variable | holds the key; without it none is sent |
| `models` | list of texts | models known by name; others are passed through as they are |
| `default_model` | text | used when a member names only the provider; the first of `models` if absent |
| `allow_insecure_http` | true or false | the key may travel over `http` to another machine |
| `fallback` | list of members | answer in place of any of its models, in this order |
| `concurrent_requests_max` | 0 to 10000, default 0 | calls at once; 0 is no bound |
| `requests_per_minute` | 0 to 1000000, default 0 | calls in any minute; 0 is no bound |
| `queue_max` | 0 to 100000, default 1000 | calls that may wait for these two bounds |
| `retries_max` | 0 to 3, default 2 | further attempts after one that failed before its first token |
| `connect_timeout_ms`, `first_token_timeout_ms`, `idle_timeout_ms` | milliseconds | in place of the settings of these names |
| `response_bytes_max` | bytes, default 33554432 | size of an answer |
| `event_bytes_max` | bytes, default 1048576 | size of one line, of one event and of an answer that is not streamed |
| `head_bytes_max` | bytes, default 65536 | size of an answer's head |

## Personas

`[personas]` gives system texts names: the member `openai/gpt-4.1#sceptic` is that model with the text of
`sceptic` before every step's own. A task may bring further ones. See [workflows.md](workflows.md).

## Prices

`[prices]` says what models cost, in US dollars for a million tokens, for providers that report tokens and no
money. `"provider/*"` stands for all its models that have no row. `cached_input` and `cache_write` are as
`input` if absent. See [providers.md](providers.md).

```toml
listen = "127.0.0.1:8080"
heartbeat_ms = 15000

[providers.local]
kind = "ollama"
models = ["llama3.2"]
concurrent_requests_max = 1

[providers.openai]
kind = "openai"
key_env = "OPENAI_API_KEY"
fallback = ["local/llama3.2"]

[personas]
sceptic = "You look for what is wrong, unproven or left out, and say so first."

[prices]
"openai/gpt-4.1" = {input = 2.0, output = 8.0, cached_input = 0.5}
"local/*" = {input = 0, output = 0}
```
)";

}  // namespace

std::string settings_markdown() {
  std::string page(head);
  for (const auto& setting : settings()) {
    const auto fallback = setting.fallback.empty() ? std::string("none") : fmt::format("`{}`", setting.fallback);
    page += fmt::format("| `{}` | {} | {} | {} |\n", setting.name, fallback, expectation(setting), setting.sentence);
  }
  return page.append(tail);
}

}  // namespace plenum::config
