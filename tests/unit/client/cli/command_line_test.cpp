#include "client/cli/args/command_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "client/cli/args/command_table.h"
#include "client/settings/durations.h"
#include "common/json/json.h"

using namespace plenum;
using namespace plenum::client;

namespace {

constexpr const char* id = "6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f";

CommandLine accepted(std::vector<std::string> arguments) {
  auto parsed = parse_command_line(std::move(arguments));
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) FAIL(early->err);
  return std::get<CommandLine>(parsed);
}

EarlyExit rejected(std::vector<std::string> arguments) {
  const auto parsed = parse_command_line(std::move(arguments));
  REQUIRE(std::holds_alternative<EarlyExit>(parsed));
  return std::get<EarlyExit>(parsed);
}

}  // namespace

TEST_CASE("every option of run reaches the task") {
  const CommandLine line = accepted({"run",        "-w",          "single",       "-m",       "openai/gpt-4.1",
                                     "-m",         "local/llama", "--council",    "review",   "--chairman",
                                     "openai/o3",  "-o",          "rounds=2",     "--option", "style=short words",
                                     "--deadline", "5m",          "--message-id", "m1",       "--conversation-id",
                                     "c1",         "-C",          "{}",           "do it"});
  const auto& run = std::get<RunCommand>(line.command);
  CHECK(run.task == "do it");
  CHECK(run.spec.workflow == "single");
  CHECK(run.spec.members == std::vector<std::string>{"openai/gpt-4.1", "local/llama"});
  CHECK(run.spec.council == "review");
  CHECK(run.spec.chairman == "openai/o3");
  CHECK(*parse_json(run.spec.options_json) == *parse_json(R"({"rounds":2,"style":"short words"})"));
  CHECK(run.spec.deadline == milliseconds(300'000));
  CHECK(run.spec.message_id == "m1");
  CHECK(run.spec.conversation_id == "c1");
  CHECK(line.cancel_on_interrupt);
}

TEST_CASE("without a workflow the server chooses by the number of members") {
  CHECK(std::get<RunCommand>(accepted({"run", "task"}).command).spec.workflow == "auto");
}

TEST_CASE("parameters of model calls are options of run, and none is sent without them") {
  CHECK(std::get<RunCommand>(accepted({"run", "task"}).command).spec.parameters.empty());
  const CommandLine line =
      accepted({"run", "--temperature", "0.5", "--top-p", "0.9", "--max-tokens", "100", "--seed", "7", "--stop", "END",
                "--stop", "STOP", "--reasoning-effort", "low", "--response-format", "json", "task"});
  const RunCommand& command = std::get<RunCommand>(line.command);
  const ModelParameters& sent = command.spec.parameters.common;
  CHECK(sent.temperature == 0.5);
  CHECK(sent.top_p == 0.9);
  CHECK(sent.max_tokens == 100);
  CHECK(sent.seed == 7);
  CHECK(sent.stop == std::vector<std::string>{"END", "STOP"});
  CHECK(sent.reasoning_effort == "low");
  CHECK(command.response_format == "json");
}

TEST_CASE("a parameter may belong to one member, role or step, and an option of its own precedes it") {
  const CommandLine line =
      accepted({"run", "--parameter", "step.ranking.temperature=0", "--parameter",
                "member.openai/gpt-4.1.max_tokens=50", "--parameter", "role.judge.stop=END", "--parameter", "seed=1",
                "--parameter", "top_p=0.5", "--seed", "7", "--parameter", "step.ranking.seed=3", "task"});
  const TaskParameters& sent = std::get<RunCommand>(line.command).spec.parameters;
  CHECK(sent.steps.at("ranking").temperature == 0.0);
  CHECK(sent.steps.at("ranking").seed == 3);
  CHECK(sent.members.at("openai/gpt-4.1").max_tokens == 50);
  CHECK(sent.roles.at("judge").stop == std::vector<std::string>{"END"});
  CHECK(sent.common.seed == 7);
  CHECK(sent.common.top_p == 0.5);
}

TEST_CASE("a verdict is an option of the workflow, sent only if it is turned on or off") {
  const auto options = [](std::initializer_list<std::string> args) {
    return std::get<RunCommand>(accepted(args).command).spec.options_json;
  };
  CHECK(options({"run", "task"}) == "{}");
  CHECK(options({"run", "--verdict", "task"}) == R"({"verdict":true})");
  CHECK(options({"run", "task", "--no-verdict"}) == R"({"verdict":false})");
}

TEST_CASE("a member option does not consume the task after it") {
  CHECK(std::get<RunCommand>(accepted({"run", "-m", "a/b", "task"}).command).task == "task");
}

TEST_CASE("a single dash stands for standard input") {
  CHECK(std::get<RunCommand>(accepted({"run", "-"}).command).task == "-");
  CHECK_FALSE(std::get<RunCommand>(accepted({"run"}).command).task.has_value());
}

TEST_CASE("global options are accepted before and after the command") {
  const CommandLine before = accepted({"--json", "--server", "example.org:9/", "--color", "never", "list"});
  const CommandLine after = accepted({"list", "--json", "--server", "example.org:9/", "--color", "never"});
  for (const CommandLine& line : {before, after}) {
    CHECK(line.json);
    CHECK(line.server == "http://example.org:9");
    CHECK_FALSE(line.server_is_default);
    CHECK(line.color == ColorMode::never);
  }
}

TEST_CASE("attach starts at the first event, now, or after an event") {
  CHECK_FALSE(std::get<AttachCommand>(accepted({"attach", id}).command).from_now);
  CHECK(std::get<AttachCommand>(accepted({"attach", "--from", "now", id}).command).from_now);
  CHECK(std::get<AttachCommand>(accepted({"attach", id, "--after", "120"}).command).after == 120);
  CHECK_FALSE(accepted({"attach", id, "--on-interrupt", "leave"}).cancel_on_interrupt);
}

TEST_CASE("list, export, retry, extend and delete have their options") {
  const auto list = std::get<ListCommand>(accepted({"list", "--search", "rate limiter", "-n", "3"}).command);
  CHECK(list.search == "rate limiter");
  CHECK(list.limit == 3);
  const CommandLine exported = accepted({"export", id, "--json", "-o", "x.json", "--force"});
  CHECK(exported.json);
  CHECK(std::get<ExportCommand>(exported.command).stream_id == id);
  CHECK(std::get<ExportCommand>(exported.command).file == "x.json");
  CHECK(std::get<ExportCommand>(exported.command).force);
  CHECK(std::get<RetryCommand>(accepted({"retry", id}).command).from == "synthesis");
  const CommandLine retry = accepted({"retry", "--from", "all", "-d", "--on-interrupt", "leave", id});
  CHECK(std::get<RetryCommand>(retry.command).from == "all");
  CHECK(std::get<RetryCommand>(retry.command).detach);
  CHECK_FALSE(retry.cancel_on_interrupt);
  CHECK(std::get<ExtendCommand>(accepted({"extend", id}).command).rounds == 1);
  CHECK(std::get<ExtendCommand>(accepted({"extend", "--rounds", "3", "-d", id}).command).rounds == 3);
  CHECK_FALSE(std::get<DeleteCommand>(accepted({"delete", id}).command).yes);
  CHECK(std::get<DeleteCommand>(accepted({"delete", "-y", id}).command).yes);
}

TEST_CASE("a usage error exits with 2, with its cause and a pointer to the help") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{}, "plenum --help"},
      {{"rum", "x"}, "rum"},
      {{"run", "two", "words"}, "quotes"},
      {{"run", "--find me"}, "plenum run -- \"--find me\""},
      {{"run", "a \x96 dash"}, "byte 0x96 in line 1, column 3"},
      {{"run", "--chairman", "\x96", "x"}, "byte 0x96 in line 1, column 1"},
      {{"list", "--search", "\x96"}, "byte 0x96 in line 1, column 1"},
      {{"--server", "http://\x96", "list"}, "byte 0x96 in line 1, column 8"},
      {{"run", "--deadline", "soon", "x"}, "'soon' is not a duration"},
      {{"run", "--option", "rounds", "x"}, "KEY=VALUE"},
      {{"run", "--wat", "x"}, "--wat"},
      {{"run", "--parameter", "temperature", "x"}, "PARAMETER=VALUE"},
      {{"run", "--parameter", "stage.a.temperature=1", "x"}, "member, role or step"},
      {{"run", "--parameter", "step.temperature=1", "x"}, "member, role or step"},
      {{"run", "--parameter", "step.a.temperature=9", "x"}, "from 0 to 2"},
      {{"run", "--parameter", "step.a.heat=1", "x"}, "heat"},
      {{"attach"}, "ID is required"},
      {{"attach", "nonsense"}, "'nonsense' is not a stream id"},
      {{"attach", id, "--after", "1", "--from", "now"}, "--from"},
      {{"attach", id, "--after", "x"}, "--after"},
      {{"list", "--limit", "0"}, "--limit"},
      {{"list", "--search", " "}, "--search"},
      {{"export"}, "ID is required"},
      {{"export", id, "--force"}, "--output"},
      {{"retry", id, "--from", "here"}, "--from"},
      {{"extend", id, "--rounds", "0"}, "--rounds"},
      {{"extend"}, "ID is required"},
      {{"delete", "nonsense"}, "'nonsense' is not a stream id"},
      {{"--server", "ftp://x", "list"}, "ftp://x"},
      {{"--color", "blue", "list"}, "blue"},
  };
  for (const auto& [arguments, clue] : mistakes) {
    const EarlyExit early = rejected(arguments);
    CAPTURE(early.err);
    CHECK(early.code == 2);
    CHECK(early.out.empty());
    CHECK(early.err.find(clue) != std::string::npos);
    CHECK(early.err.find("--help") != std::string::npos);
  }
}

TEST_CASE("a text that starts with a dash is a task after --, and names of files may have any bytes") {
  const auto run = std::get<RunCommand>(accepted({"run", "--", "--find me"}).command);
  CHECK(run.task == "--find me");
  CHECK(std::get<ExportCommand>(accepted({"export", id, "-o", "caf\xE9.md"}).command).file == "caf\xE9.md");
  CHECK(std::get<RunCommand>(accepted({"run", "--file", "caf\xE9", "x"}).command).attachments.at(0) == "caf\xE9");
}

TEST_CASE("a local server is started at the default address only, and not with --no-autostart") {
  CHECK(accepted({"list"}).autostart_listen == "127.0.0.1:8080");
  CHECK(accepted({"--server", "HTTP://127.0.0.1:8080/", "list"}).autostart_listen == "127.0.0.1:8080");
  CHECK(accepted({"--server", "http://127.0.0.1:8081", "list"}).autostart_listen.empty());
  CHECK(accepted({"list", "--no-autostart"}).autostart_listen.empty());
  REQUIRE(::setenv("PLENUM_AUTOSTART", "false", 1) == 0);
  CHECK(accepted({"list"}).autostart_listen.empty());
  CHECK(accepted({"list", "--autostart"}).autostart_listen == "127.0.0.1:8080");
  REQUIRE(::unsetenv("PLENUM_AUTOSTART") == 0);
  REQUIRE(::setenv("PLENUM_LISTEN", "127.0.0.1:9090", 1) == 0);
  CHECK(accepted({"list"}).server == "http://127.0.0.1:9090");
  CHECK(accepted({"list"}).server_is_default);
  CHECK(accepted({"list"}).autostart_listen == "127.0.0.1:9090");
  REQUIRE(::unsetenv("PLENUM_LISTEN") == 0);
}

TEST_CASE("help and version exit with 0 and go to standard output") {
  for (const char* command : {"run",    "attach", "wait",          "result",    "logs",   "completion", "version",
                              "help",   "status", "cancel",        "skip",      "list",   "export",     "retry",
                              "extend", "delete", "conversations", "standings", "models", "workflows"}) {
    const EarlyExit help = rejected({command, "--help"});
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(help.out.find("Example") != std::string::npos);
  }
  CHECK(rejected({"--help"}).out.find("Exit codes") != std::string::npos);
  CHECK(rejected({"--version"}).out.starts_with("plenum "));
}

TEST_CASE("cache, deadlines, the idempotency key and the files of a run are options of it") {
  const auto run = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "run");
    return std::get<RunCommand>(accepted(arguments).command);
  };
  CHECK(run({"x"}).spec.cache == CacheUse::similar);
  CHECK(run({"--cache", "x"}).spec.cache == CacheUse::similar);
  CHECK(run({"--cache=exact", "x"}).spec.cache == CacheUse::exact);
  CHECK(run({"--no-cache", "x"}).spec.cache == CacheUse::none);
  CHECK(run({"--member-deadline", "30s", "x"}).spec.member_deadline == milliseconds(30'000));
  CHECK(run({"--idempotency-key", "k-1", "x"}).idempotency_key == "k-1");
  CHECK(run({"--save", "a.md", "--files", "dir", "--force", "x"}).save_file == "a.md");
  CHECK(run({"--prior", "6F1C", "x"}).spec.prior.stream_id == "6F1C");
  CHECK(run({"-c", "x"}).continues);
  CHECK(rejected({"run", "-c", "--prior", "last", "x"}).err.find("--prior") != std::string::npos);
  CHECK(rejected({"run", "--save", "a.md", "--detach", "x"}).err.find("--save") != std::string::npos);
  CHECK(rejected({"run", "--force", "x"}).err.find("--save or --files") != std::string::npos);
  CHECK(rejected({"run", "--idempotency-key", "a b", "x"}).err.find("visible ASCII") != std::string::npos);
}

TEST_CASE("the output format is text, one object, or the events, which is also --json") {
  CHECK(accepted({"list"}).format == OutputFormat::text);
  CHECK(accepted({"list", "--json"}).format == OutputFormat::stream_json);
  CHECK(accepted({"list", "--output-format", "json"}).format == OutputFormat::json);
  CHECK(accepted({"list", "--output-format", "json", "--json"}).format == OutputFormat::json);
  CHECK(accepted({"--output-format", "stream-json", "list"}).json);
  CHECK_FALSE(accepted({"--output-format", "text", "list"}).json);
}

TEST_CASE("standings are filtered by workflow, tag and time") {
  const auto standings = std::get<StandingsCommand>(
      accepted({"standings", "-w", "council", "--tag", "code", "--since", "2026-11-21"}).command);
  CHECK(standings.workflow == "council");
  CHECK(standings.tag == "code");
  CHECK(standings.since == "2026-11-21");
}

TEST_CASE("conversations lists, shows, renames or deletes, with global options after it") {
  const auto list =
      std::get<ConversationsCommand>(accepted({"conversations", "-n", "5", "-s", "rate limiter"}).command);
  CHECK(list.limit == 5);
  CHECK(list.search == "rate limiter");
  CHECK(std::get<ShowConversationCommand>(accepted({"conversations", "show", "a/b"}).command).id == "a/b");
  const CommandLine rename = accepted({"conversations", "rename", "a", "A title", "--json"});
  CHECK(rename.json);
  CHECK(std::get<RenameConversationCommand>(rename.command).title == "A title");
  CHECK(std::get<DeleteConversationCommand>(accepted({"conversations", "delete", "-y", "a"}).command).yes);
  CHECK(rejected({"conversations", "delete"}).code == 2);
  CHECK(rejected({"conversations", "-n", "101"}).code == 2);
}

TEST_CASE("workflows lists, shows one or checks files, with global options after it") {
  CHECK(std::holds_alternative<WorkflowsCommand>(accepted({"workflows"}).command));
  CHECK(std::get<ShowWorkflowCommand>(accepted({"workflows", "show", "council"}).command).name == "council");
  const CommandLine check = accepted({"workflows", "check", "a.toml", "-", "--json"});
  CHECK(std::get<CheckWorkflowsCommand>(check.command).files == std::vector<std::string>{"a.toml", "-"});
  CHECK(check.json);
  CHECK(rejected({"workflows", "check"}).code == 2);
  CHECK(rejected({"workflows", "show"}).code == 2);
  CHECK(rejected({"workflows", "shwo"}).code == 2);
}

TEST_CASE("a misspelled command, option or value is named first, with the one that was meant") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"runn", "x"}, "plenum: unknown command 'runn' (did you mean run?)\nSee `plenum --help`."},
      {{"workflows", "shwo"}, "plenum: unknown command 'workflows shwo' (did you mean show?)"},
      {{"help", "lst"}, "plenum: unknown command 'lst' (did you mean list?)"},
      {{"run", "--workflw", "single", "hi"},
       "plenum: unknown option --workflw (did you mean --workflow?)\nSee `plenum run --help`."},
      {{"attach", "--form", "now", id}, "plenum: unknown option --form (did you mean --from?)"},
      {{"list", "--jsn"}, "plenum: unknown option --jsn (did you mean --json?)"},
      {{"run", "--max-cost", "abc", "x"}, "plenum: --max-cost: 'abc' is not an amount in US dollars of at least 0\n"},
      {{"run", "-w", "single", "--workflow", "raw", "x"}, "plenum: --workflow is given twice; it takes one value\n"},
      {{"run", "x", "-w"}, "plenum: --workflow requires a value\n"},
      {{"--color", "alwais", "list"}, "'alwais' is not one of auto, always, never (did you mean always?)"},
      {{"run", "--temperature", "9", "x"}, "'9' is not a number from 0 to 2\n"},
      {{"run", "two", "words"}, "plenum: unexpected argument 'words'\nSee `plenum run --help`. Put a task"},
      {{"status", "a", "b"}, "plenum: ID: 'a' is not a stream id"},
      {{"--server", "http://127.0.0.1:99999", "list"}, "no valid port"},
      {{}, "plenum: a command is required\n"},
  };
  for (const auto& [arguments, clue] : mistakes) {
    const EarlyExit early = rejected(arguments);
    CAPTURE(early.err);
    CHECK(early.code == 2);
    CHECK(early.err.find(clue) != std::string::npos);
  }
}

TEST_CASE("help shows the help of a command, and starts no server") {
  CHECK(rejected({"help"}).out == rejected({"--help"}).out);
  CHECK(rejected({"help", "workflows", "check"}).out == rejected({"workflows", "check", "--help"}).out);
  CHECK(rejected({"--json", "help", "run"}).code == 0);
  for (const char* command : {"version", "__complete"}) CHECK(accepted({command}).autostart_listen.empty());
  CHECK(rejected({"--help"}).out.find("__complete") == std::string::npos);
}

TEST_CASE("durations are parsed with their unit, seconds without one") {
  CHECK(duration_from("90") == milliseconds(90'000));
  CHECK(duration_from("1.5s") == milliseconds(1'500));
  CHECK(duration_from("500ms") == milliseconds(500));
  CHECK(duration_from("2h") == milliseconds(7'200'000));
  CHECK(duration_from("1d") == milliseconds(86'400'000));
  for (const char* wrong : {"", "s", "-1s", "1.2.3", "5 m", "1e3", "99999999h", "."}) {
    CAPTURE(wrong);
    CHECK_FALSE(duration_from(wrong).has_value());
  }
}

TEST_CASE("color follows the flag, then NO_COLOR, then CLICOLOR_FORCE, then the terminal") {
  CHECK(use_color(ColorMode::always, {"1", "", "dumb"}, false));
  CHECK_FALSE(use_color(ColorMode::never, {"", "1", "xterm"}, true));
  CHECK_FALSE(use_color(ColorMode::automatic, {"1", "1", "xterm"}, true));
  CHECK(use_color(ColorMode::automatic, {"", "1", "dumb"}, false));
  CHECK_FALSE(use_color(ColorMode::automatic, {"", "0", "dumb"}, true));
  CHECK(use_color(ColorMode::automatic, {"", "", "xterm"}, true));
  CHECK_FALSE(use_color(ColorMode::automatic, {"", "", "xterm"}, false));
}

TEST_CASE("fallback chains are parsed from MEMBER=ALT,ALT, and members may be separated by commas") {
  const auto line = accepted({"run", "-m", "a,b/c", "--fallback", "a=d/e,f", "--fallback", "*=g", "task"});
  const TaskSpec& spec = std::get<RunCommand>(line.command).spec;
  CHECK(spec.members == std::vector<std::string>{"a", "b/c"});
  REQUIRE(spec.fallback.size() == 2);
  CHECK(spec.fallback[0].first == "a");
  CHECK(spec.fallback[0].second == std::vector<std::string>{"d/e", "f"});
  CHECK(spec.fallback[1].first == "*");
  CHECK(rejected({"run", "--fallback", "a", "task"}).code == 2);
}

TEST_CASE("skip takes a stream and a member") {
  const auto line = accepted({"skip", id, "a/b"});
  CHECK(std::get<SkipCommand>(line.command).member == "a/b");
  CHECK(rejected({"skip", id}).code == 2);
}

TEST_CASE("every command has a description and an example, within the width of the terminal") {
  std::vector<std::vector<std::string>> commands = {{}};
  for (const CommandRow& row : command_rows()) {
    if (row.description[0] == '\0') continue;  // hidden
    commands.push_back(row.parent[0] == '\0' ? std::vector<std::string>{row.name}
                                             : std::vector<std::string>{row.parent, row.name});
  }
  for (std::vector<std::string> arguments : commands) {
    arguments.emplace_back("--help");
    for (const std::size_t columns : {std::size_t{80}, std::size_t{100}, columns_of_file}) {
      const auto parsed = parse_command_line(arguments, columns);
      const std::string help = std::get<EarlyExit>(parsed).out;
      CAPTURE(help);
      CHECK(help.find("Example") != std::string::npos);
      for (std::size_t at = 0, end = 0; (end = help.find('\n', at)) != std::string::npos; at = end + 1) {
        CHECK(display_width(std::string_view(help).substr(at, end - at)) <= std::min<std::size_t>(columns, 100));
      }
    }
  }
}

TEST_CASE("help wraps descriptions in a narrow terminal and shows defaults with units") {
  const auto help = [](std::size_t columns) {
    return std::get<EarlyExit>(parse_command_line({"attach", "--help"}, columns)).out;
  };
  CHECK(help(80).find("  --retry-for TIME            How long to reconnect while the server is\n"
                      "                              unreachable [default: 5m]\n") != std::string::npos);
  CHECK(help(50).find("  --retry-for TIME\n"
                      "      How long to reconnect while the server is\n"
                      "      unreachable [default: 5m]\n") != std::string::npos);
}
