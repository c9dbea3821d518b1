// What `--help` says below the options: output, exit codes, environment, examples. docs/client.md says
// the same at length.
#pragma once

namespace plenum::client {

inline constexpr const char* program_notes = R"(Output
  The answer goes to standard output, everything about it to standard error. On a terminal the
  text of every member is shown as it comes; into a pipe or file goes the final answer alone.

Exit codes
  0    an answer                     5    server unreachable or busy
  1    the task failed               6    no such stream, or it has expired
  2    a mistake in the command      124  deadline exceeded
  3    an answer, but degraded       130  cancelled or interrupted
  4    not allowed (authentication)

Environment
  PLENUM_SERVER                      the server, when --server is not given
  NO_COLOR, CLICOLOR_FORCE, TERM     color, when --color is auto

Examples
  plenum run "Build a REST API with JWT authentication"
  git diff | plenum run "Review this change" > review.md
  plenum list)";

inline constexpr const char* run_notes =
    R"(Ctrl-C cancels the task on the server and shows what there was; a second Ctrl-C leaves at once.
A lost connection or a closed terminal never cancels: `plenum attach ID` goes on.

Examples
  plenum run "Explain how TLS resumption works"
  plenum run -w single -m openai/gpt-4.1 "Name three birds"
  plenum run -w council -m openai,anthropic,gemini --fallback '*=groq' "Which database?"
  cat schema.sql | plenum run "Find missing indexes"       both go into the task
  plenum run --context '{"language":"Go"}' --option rounds=2 "Write a rate limiter"
  plenum run --detach "Compare three message queues"       prints the stream id and leaves
  plenum run --json "Name three birds" | jq -r 'select(.type=="token_stream").tokens'

Options of every command (--server, --json, --quiet, --color) and exit codes: plenum --help)";

inline constexpr const char* attach_notes =
    R"(Shows the stream from its beginning, then live. Any number of readers can attach to one stream.
Ctrl-C cancels the task, as in `plenum run`; with --on-interrupt leave it only leaves.

Examples
  plenum attach 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum attach --from now --on-interrupt leave 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum attach --after 120 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f

Options of every command (--server, --json, --quiet, --color) and exit codes: plenum --help)";

inline constexpr const char* status_notes = R"(Example
  plenum status 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f)";

inline constexpr const char* cancel_notes = R"(Example
  plenum cancel 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f)";

inline constexpr const char* skip_notes = R"(Example
  plenum skip 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f openai/gpt-4.1)";

inline constexpr const char* export_notes =
    R"(Of a task in any state: what is still being written, or broke off, says so. With --json it is everything
as one JSON object. A file that exists is left alone unless --force is given.

Examples
  plenum export 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f -o answer.md
  plenum export --json 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f | jq -r .result.answer)";

inline constexpr const char* retry_notes =
    R"(Starts a new stream and follows it as `plenum run` does. Whole answers of the old one are taken over and
cost nothing again; --from all asks everybody anew. The old stream stays as it is.

Examples
  plenum retry 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum retry --from rankings 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum retry --from all --detach 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f

Options of every command (--server, --json, --quiet, --color) and exit codes: plenum --help)";

inline constexpr const char* delete_notes =
    R"(What is deleted cannot be had again. On a terminal you are asked first; elsewhere --yes is needed.

Examples
  plenum delete 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum delete --yes 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f)";

inline constexpr const char* list_notes = R"(Rows fit the terminal; the task is cut where it has to be.

Examples
  plenum list --limit 5
  plenum list --search "rate limiter"
  plenum list --json | jq -r '.tasks[].stream_id')";

inline constexpr const char* models_notes = R"(Shows whether each provider has its key, never the key.

Examples
  plenum models
  plenum models --json | jq -r '.providers[] | select(.key_present).name')";

inline constexpr const char* workflows_notes =
    R"(`check` asks no server: it runs plenumd, which is looked for beside plenum and then in PATH.
It leaves with 0 when all files are in order and with 2 when one is not.

Examples
  plenum workflows
  plenum workflows show council > workflows/my-council.toml
  plenum workflows check workflows/*.toml
  plenum workflows check --json - < review.toml | jq '.files[].faults')";

}  // namespace plenum::client
