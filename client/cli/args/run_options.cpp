#include "client/cli/args/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/cli/args/validators.h"
#include "common/json/json.h"

namespace plenum::client {
namespace {

std::string check_key_value(const std::string& text) {
  const auto equals = text.find('=');
  return equals != text.npos && equals > 0 ? "" : fmt::format("'{}' does not have the form KEY=VALUE", text);
}

std::string check_fallback(const std::string& text) {
  const auto equals = text.find('=');
  return equals != text.npos && equals > 0 && equals + 1 < text.size()
             ? ""
             : fmt::format("'{}' does not have the form MEMBER=ALT[,ALT]", text);
}

std::string check_idempotency_key(const std::string& text) {
  const bool visible = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  return visible && !text.empty() && text.size() <= 255 ? "" : "must be 1 to 255 visible ASCII characters";
}

// {"rounds": 2, "style": "short"} from rounds=2 style=short: a value that is valid JSON is sent as JSON.
std::string options_object(const std::vector<std::string>& pairs) {
  Json object = Json::object();
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    const std::string value = pair.substr(equals + 1);
    const Result<Json> json = parse_json(value);
    object[pair.substr(0, equals)] = json ? *json : Json(value);
  }
  return dump_json(object);
}

// {"a/b", {"c", "d/e"}} from a/b=c,d/e.
std::pair<std::string, std::vector<std::string>> chain_from(const std::string& text) {
  const auto equals = text.find('=');
  return {text.substr(0, equals), CLI::detail::split(text.substr(equals + 1), ',')};
}

void add_members(CLI::App& run, RunOptions& options) {
  TaskSpec& spec = options.command.spec;
  spec.workflow = "auto";
  run.add_option("-w,--workflow", spec.workflow,
                 "Workflow of the task; auto: single for one member, synthesize for several")
      ->type_name("WORKFLOW")
      ->capture_default_str();
  run.add_option("--council", spec.council, "Council of the task: its members, chairman, personas and parameters")
      ->type_name("COUNCIL");
  run.add_option("-m,--member", spec.members,
                 "A member, as provider/model, provider or model, and *N for N copies; repeat or separate with commas")
      ->delimiter(',')
      ->type_name("MEMBER")
      ->allow_extra_args(false);
  run.add_option("--fallback", options.fallbacks, "Fallback chain of a member; '*' stands for every member; repeatable")
      ->type_name("MEMBER=ALT[,ALT]")
      ->check(checked_by(check_fallback))
      ->allow_extra_args(false);
  run.add_option("--chairman", spec.chairman, "The member that synthesizes or judges")->type_name("MEMBER");
  run.add_option("--persona", options.command.personas,
                 "System prompt for members written as provider/model#NAME; repeatable")
      ->type_name("NAME=TEXT|@FILE")
      ->check(checked_by(check_key_value))
      ->allow_extra_args(false);
  run.add_option("-o,--option", options.options, "Option of the workflow; repeatable")
      ->type_name("KEY=VALUE")
      ->check(checked_by(check_key_value))
      ->allow_extra_args(false);
}

void add_context(CLI::App& run, RunOptions& options) {
  TaskSpec& spec = options.command.spec;
  run.add_option("-C,--context", options.command.context,
                 "JSON object that is included in the prompts, or the name of its file, which ends in .json or starts "
                 "with @")
      ->type_name("JSON|@FILE");
  run.add_option("--file", options.command.attachments,
                 "Text, image or PDF that is included in the prompts; repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  CLI::Option* conversation = run.add_option("--conversation-id", spec.conversation_id,
                                             "Conversation of the task; its earlier turns are included in the prompts")
                                  ->type_name("CONVERSATION");
  CLI::Option* prior = run.add_option("--prior", spec.prior.stream_id,
                                      "Finished stream whose question and answer are included in the prompts")
                           ->type_name("ID")
                           ->check(checked_by(check_task_id));
  run.add_flag("-c,--continue", options.command.continues, "Continue the conversation of the newest task")
      ->excludes(conversation)
      ->excludes(prior);
  run.add_flag("--search{true}", options.search,
               "Search the web in parallel with the first answers; --search=requery calls the members again with the "
               "results")
      ->type_name("");
}

void add_verdict(CLI::App& run, RunOptions& options) {
  run.add_flag("--verdict{true},--no-verdict{false}", options.verdict,
               "Whether a structured verdict with a computed consensus is part of the result")
      ->type_name("");
}

void add_parameters(CLI::App& run, RunOptions& options) {
  add_parameter_options(run, options.parameters);
  run.add_option("--response-format", options.command.response_format,
                 "Format of the answers: text, json, or a file with a JSON schema")
      ->type_name("text|json|FILE")
      ->check(checked_by(check_not_blank));
}

void add_limits(CLI::App& run, RunOptions& options) {
  TaskSpec& spec = options.command.spec;
  run.add_option("--deadline", options.deadline, "Deadline of the task, such as 90s or 5m")
      ->check(checked_by(check_duration))
      ->type_name("TIME");
  run.add_option("--member-deadline", options.member_deadline, "Deadline of each model call, likewise")
      ->check(checked_by(check_duration))
      ->type_name("TIME");
  run.add_option("--max-cost", spec.max_cost_usd, "Cost limit in US dollars; 0: none")
      ->type_name("USD")
      ->check(number_in(0, 1e9, "an amount in US dollars of at least 0"));
  run.add_flag("--cache{similar},--no-cache{none}", options.cache,
               "Whether a cached answer is accepted; --cache=exact: only that of an identical task")
      ->type_name("")
      ->check(one_of({"similar", "exact", "none"}));
  run.add_option("--message-id", spec.message_id, "Your id, repeated on every event")->type_name("TEXT");
  run.add_option("--idempotency-key", options.command.idempotency_key,
                 "A text of yours: a second run with it and the same task follows the first one")
      ->type_name("KEY")
      ->check(checked_by(check_idempotency_key));
}

void add_outputs(CLI::App& run, RunOptions& options) {
  RunCommand& command = options.command;
  CLI::Option* save = run.add_option("--save", command.save_file, "Also write the answer to this file")
                          ->type_name("FILE")
                          ->check(checked_by(check_not_blank));
  CLI::Option* files = run.add_option("--files", command.directory, "Write the files of the result into this directory")
                           ->type_name("DIR")
                           ->check(checked_by(check_not_blank));
  run.add_flag("--force", command.force, "Overwrite existing files of --save and --files");
  run.add_flag("-d,--detach", command.detach, "Print the stream id and exit; the task continues")
      ->excludes(save)
      ->excludes(files);
  run.callback([&command] {
    const bool writes = !command.save_file.empty() || !command.directory.empty();
    if (command.force && !writes) throw CLI::RequiresError("--force", "--save or --files");
  });
}

}  // namespace

void add_run_options(CLI::App& run, RunOptions& options) {
  run.add_option("TASK", options.command.task,
                 "The task; - or a pipe reads it from standard input; if both are given, they are joined");
  add_members(run, options);
  add_context(run, options);
  add_verdict(run, options);
  add_limits(run, options);
  add_outputs(run, options);
  add_parameters(run, options);
}

RunCommand run_command_from(const RunOptions& options) {
  RunCommand command = options.command;
  TaskSpec& spec = command.spec;
  if (options.cache == "exact") spec.cache = CacheUse::exact;
  if (options.cache == "none") spec.cache = CacheUse::none;
  auto pairs = options.options;
  if (!options.search.empty()) pairs.push_back("search=" + options.search);
  if (!options.verdict.empty()) pairs.push_back("verdict=" + options.verdict);
  spec.options_json = options_object(pairs);
  spec.parameters = parameters_from(options.parameters);
  for (const std::string& chain : options.fallbacks) spec.fallback.push_back(chain_from(chain));
  if (!options.deadline.empty()) spec.deadline = *duration_from(options.deadline);
  if (!options.member_deadline.empty()) spec.member_deadline = *duration_from(options.member_deadline);
  return command;
}

}  // namespace plenum::client
