#include "client/cli/args/run_options.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "client/cli/args/validators.h"
#include "common/json/json.h"

namespace plenum::client {
namespace {

std::string check_option(const std::string& text) {
  const auto equals = text.find('=');
  return equals != text.npos && equals > 0 ? "" : fmt::format("'{}' is not of the form KEY=VALUE", text);
}

// {"rounds": 2, "style": "short"} from rounds=2 style=short: a value that is JSON is taken as such.
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

std::string check_fallback(const std::string& text) {
  const auto equals = text.find('=');
  return equals != text.npos && equals > 0 && equals + 1 < text.size()
             ? ""
             : fmt::format("'{}' is not of the form MEMBER=ALT[,ALT]", text);
}

// {"a/b", {"c", "d/e"}} from a/b=c,d/e.
std::pair<std::string, std::vector<std::string>> chain_from(const std::string& text) {
  const auto equals = text.find('=');
  return {text.substr(0, equals), CLI::detail::split(text.substr(equals + 1), ',')};
}

}  // namespace

void add_run_choices(CLI::App& run, TypedChoices& typed, RunCommand& command) {
  TaskSpec& spec = command.spec;
  run.add_option("-w,--workflow", spec.workflow, "Which workflow works on it")
      ->type_name("NAME")
      ->capture_default_str();
  run.add_option("-m,--member", spec.members, "Who takes part, as provider/model; repeat, or put commas between")
      ->delimiter(',')
      ->type_name("MEMBER")
      ->allow_extra_args(false);
  run.add_option("--fallback", typed.fallbacks,
                 "Who answers when a member fails, in order; '*' is every member; repeat for more")
      ->type_name("MEMBER=ALT[,ALT]")
      ->check(checked_by(check_fallback))
      ->allow_extra_args(false);
  run.add_option("--chairman", spec.chairman, "Who synthesizes or judges")->type_name("MEMBER");
  run.add_option("--context", command.context, "A JSON object for the prompts, or @FILE that holds one")
      ->type_name("JSON|@FILE");
  run.add_option("--file", command.attachments, "A text file that the prompts show; repeat for more")
      ->type_name("FILE")
      ->allow_extra_args(false);
  run.add_option("--persona", command.personas,
                 "A system text for members written as provider/model#NAME; repeat for more")
      ->type_name("NAME=TEXT|@FILE")
      ->check(checked_by(check_option))
      ->allow_extra_args(false);
  run.add_option("--conversation-id", spec.conversation_id,
                 "The conversation that the task belongs to: its earlier turns reach the prompts")
      ->type_name("ID");
  run.add_option("--after", spec.prior.stream_id, "An earlier stream whose question and answer reach the prompts")
      ->type_name("ID")
      ->check(checked_by(check_stream_id));
  run.add_option("--max-cost", spec.max_cost_usd, "What the task may cost at most, in US dollars; 0 is no cap")
      ->type_name("USD")
      ->check(CLI::NonNegativeNumber);
  run.add_flag("--fresh", command.fresh, "Ask anew, even if the answer to this very task is in the server's cache");
  run.add_flag("--search{true}", typed.search,
               "Search the web beside the first answers; --search=requery asks the members again with what was found")
      ->type_name("");
  run.add_option("--option", typed.options, "An option of the workflow; repeat for more")
      ->type_name("KEY=VALUE")
      ->check(checked_by(check_option))
      ->allow_extra_args(false);
}

void finish_run_choices(const TypedChoices& typed, RunCommand& command) {
  command.spec.cache = !command.fresh;
  auto options = typed.options;
  if (!typed.search.empty()) options.push_back("search=" + typed.search);
  command.spec.options_json = options_object(options);
  for (const std::string& chain : typed.fallbacks) command.spec.fallback.push_back(chain_from(chain));
}

}  // namespace plenum::client
