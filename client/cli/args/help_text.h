// The texts below the options of `--help`. Paragraphs are wrapped; indented lines are printed unchanged.
#pragma once

namespace plenum::client {

inline constexpr const char* program_notes = R"(Output
  The answer goes to standard output, all other text to standard error. On a
  terminal the text of every member appears as it arrives; a pipe or a file
  receives only the final answer.

Server
  If none is running at the default address, a local plenumd is started. It
  outlives the command, keeps tasks and answers on disk, and stops when it is
  unused for 15 minutes.

Streams
  Each task is a stream. Wherever an ID is expected: its whole id, its first
  characters (4 or more) if no other recent task begins with them, last for
  the newest task, or @2 for the one before it.

Exit codes
  0    success: an answer
  1    the task failed
  2    an error in the command or in the task
  3    an answer, but degraded
  4    not allowed (authentication)
  5    the server is unreachable or busy
  6    no such stream or conversation, or it has expired
  124  deadline exceeded
  130  cancelled or interrupted

Environment
  PLENUM_SERVER                   server address, if --server is not given
  PLENUM_LISTEN                   HOST:PORT of the default address
  PLENUM_AUTOSTART                false: as --no-autostart
  NO_COLOR, CLICOLOR_FORCE, TERM  color, if --color is auto

Examples
  plenum run "Build a REST API with JWT authentication"
  git diff | plenum run "Review this change" > review.md
  plenum list)";

inline constexpr const char* run_notes =
    R"(Ctrl-C cancels the task on the server and shows the partial result; a second Ctrl-C exits immediately.
A lost connection or a closed terminal never cancels a task: `plenum attach ID` continues it.

Examples
  plenum run "Explain how TLS resumption works"
  plenum run -w single -m openai/gpt-4.1 "Name three birds"
  plenum run -m openai,anthropic,gemini --fallback '*=groq' "Which database?"
  cat schema.sql | plenum run "Find missing indexes"
  plenum run -C '{"language":"Go"}' "Write a rate limiter"
  plenum run -c "And with a sliding window?"
  plenum run -w consensus --files program --save notes.md "Write a rate limiter"
  plenum run --detach "Compare three message queues"
  plenum run --output-format json "Name three birds" | jq -r .answer
  plenum run --json "Name three birds" | jq -r '.tokens // empty'

See `plenum --help` for the options of every command and the exit codes.)";

inline constexpr const char* attach_notes =
    R"(Shows the stored events, then the live ones. Any number of clients can attach to one stream. Ctrl-C cancels
the task, as in `plenum run`; with `--on-interrupt leave` it only exits.

Examples
  plenum attach 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum attach --from now last
  plenum attach --after 120 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f

See `plenum --help` for the options of every command and the exit codes.)";

inline constexpr const char* wait_notes =
    R"(Prints nothing; with --json the final status. Ctrl-C ends the wait, not the task.

Examples
  id=$(plenum run --detach "Compare three message queues")
  plenum wait "$id" && plenum result "$id"
  plenum wait last)";

inline constexpr const char* result_notes = R"(The exit code is that of the task. With --json: the whole result.

Examples
  plenum result last
  plenum result 6f1c > answer.md)";

inline constexpr const char* logs_notes = R"(Examples
  plenum logs
  plenum logs -n 10
  plenum logs 6f1c
  plenum logs --search "rate limiter" --json | jq -r '.tasks[].answer')";

inline constexpr const char* status_notes = R"(Example
  plenum status 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f)";

inline constexpr const char* cancel_notes = R"(Example
  plenum cancel 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f)";

inline constexpr const char* skip_notes = R"(Example
  plenum skip 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f openai/gpt-4.1)";

inline constexpr const char* list_notes = R"(On a terminal, rows fit its width and long tasks are truncated.

Examples
  plenum list --limit 5
  plenum list --search "rate limiter"
  plenum list --json | jq -r '.tasks[].stream_id')";

inline constexpr const char* export_notes =
    R"(Works in any state; partial texts are marked as such. The format is Markdown, or JSON with --json. An existing
file is overwritten only with --force. --files writes the program of a workflow such as consensus: each file under
its path below the directory.

Examples
  plenum export 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f -o answer.md
  plenum export 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f --files program
  plenum export --json 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f | jq .result)";

inline constexpr const char* retry_notes =
    R"(Follows the new stream like `plenum run`. Completed answers of the old stream are reused at no cost;
`--from all` repeats every model call. The old stream does not change.

Examples
  plenum retry 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum retry --from rankings 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f

See `plenum --help` for the options of every command and the exit codes.)";

inline constexpr const char* extend_notes =
    R"(Follows the new stream like `plenum run`. All statements of the old stream are reused at no cost; the new rounds
continue where it ended, and the last step, such as the judgment, is made again. The old stream does not change.

Examples
  plenum extend 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum extend --rounds 2 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f

See `plenum --help` for the options of every command and the exit codes.)";

inline constexpr const char* delete_notes =
    R"(A deleted task cannot be restored. On a terminal the deletion must be confirmed; non-interactive use requires
--yes.

Examples
  plenum delete 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f
  plenum delete --yes 6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f)";

inline constexpr const char* conversations_notes =
    R"(A conversation is all tasks with the same conversation id (plenum run --conversation-id ID). Its title is the
start of its first task, unless it was renamed.

Examples
  plenum conversations
  plenum conversations show talk-1
  plenum conversations rename talk-1 "Rate limiter"
  plenum conversations delete talk-1)";

inline constexpr const char* show_conversation_notes = R"(Example
  plenum conversations show talk-1)";

inline constexpr const char* rename_conversation_notes = R"(Examples
  plenum conversations rename talk-1 "Rate limiter"
  plenum conversations rename talk-1)";

inline constexpr const char* delete_conversation_notes =
    R"(Deleted tasks cannot be restored. On a terminal the deletion must be confirmed; non-interactive use requires
--yes.

Example
  plenum conversations delete talk-1)";

inline constexpr const char* standings_notes =
    R"(Elo ratings from the rankings of completed tasks; every model starts with 1500. A model's rank of its own answer
does not count. AGREE is the share of votes for the winning choice, which is no part of the rating.

Examples
  plenum standings
  plenum standings -w council --tag code --since 2026-11-01
  plenum standings --json | jq -r '.standings[0].model')";

inline constexpr const char* models_notes =
    R"(Shows whether each provider has a key, never the key itself. The default model of a provider is the first one of its
default models that it serves; a * marks it in the lists of models.
With --prices: what the models of the providers with a key cost, in US dollars per million tokens.

Examples
  plenum models
  plenum models --refresh
  plenum models openai
  plenum models --prices
  plenum models --json | jq -r '.providers[] | select(.key_present).name')";

inline constexpr const char* councils_notes =
    R"(A council is defined by a table [councils.NAME] of the server's configuration or of a workflow file.

Examples
  plenum councils
  plenum run --council review "Is this migration safe?")";

inline constexpr const char* workflows_notes = R"(Examples
  plenum workflows
  plenum workflows show council > workflows/my-council.toml
  plenum workflows check workflows/*.toml
  plenum workflows new my-council)";

inline constexpr const char* new_workflow_notes =
    R"(The file is valid as it is; its comments name the keys of steps. The server reads workflow files from its workflow
directory.

Example
  plenum workflows new my-council && plenum workflows check my-council.toml)";

inline constexpr const char* completion_notes =
    R"(Completes commands, options, their values, and ids, workflows, councils and members of a running server.

Examples
  source <(plenum completion bash)   # in ~/.bashrc
  source <(plenum completion zsh)    # in ~/.zshrc, after compinit
  plenum completion fish > ~/.config/fish/completions/plenum.fish)";

inline constexpr const char* version_notes = R"(Starts no server; without one, only the client's version is known.

Examples
  plenum version
  plenum version --json | jq -r .client)";

inline constexpr const char* help_notes = R"(Examples
  plenum help
  plenum help run
  plenum help workflows check)";

inline constexpr const char* show_workflow_notes = R"(Example
  plenum workflows show council > workflows/my-council.toml)";

inline constexpr const char* check_workflows_notes =
    R"(Runs plenumd, which is searched in the directory of plenum and then in PATH. Exits with 0 if every file is
valid, and with 2 otherwise.

Examples
  plenum workflows check workflows/*.toml
  plenum workflows check --json - < review.toml | jq '.files[].faults')";

inline constexpr const char* keys_notes =
    R"(Keys of the environment come first, then the stored ones, which a local server receives when plenum starts it. No
command prints a key.

Examples
  plenum keys
  plenum keys set openai
  plenum keys remove openai)";

inline constexpr const char* set_key_notes =
    R"(Prompts for the key without showing it; without a terminal, reads it from standard input. A key is never an
argument, because other users can see those.

Examples
  plenum keys set openai
  plenum keys set openai --from-file key.txt
  pass show openai | plenum keys set openai)";

inline constexpr const char* remove_key_notes = R"(Example
  plenum keys remove openai)";

inline constexpr const char* config_notes =
    R"(An option of the command line comes first, then a variable of the environment, then the file, then the default.

Examples
  plenum config show --origin
  plenum config set workflow council
  plenum config set members openai,anthropic
  plenum config edit)";

inline constexpr const char* show_config_notes = R"(Examples
  plenum config show
  plenum config show --origin)";

inline constexpr const char* set_config_notes = R"(Examples
  plenum config set color never
  plenum config set members openai,anthropic
  plenum config set members "")";

inline constexpr const char* edit_config_notes = R"(The editor is that of VISUAL or EDITOR, else vi.

Example
  plenum config edit)";

inline constexpr const char* config_path_notes = R"(Example
  plenum config path)";

inline constexpr const char* doctor_notes =
    R"(Each line is ok, warning or failed, with a remedy. Exits with 1 if something failed.

Examples
  plenum doctor
  plenum doctor --json)";

inline constexpr const char* demo_notes = R"(Example
  plenum demo)";

}  // namespace plenum::client
