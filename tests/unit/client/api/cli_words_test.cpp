#include "client/api/cli_words.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <vector>

using namespace plenum;
using namespace plenum::client;

namespace {

// Words of the API that no text of the client may have.
bool has_api_words(const std::string& text) {
  static const std::regex words(
      R"((GET|POST|PUT|PATCH|DELETE) /|(^|[^-\w])(member_)?deadline_ms|max_cost_usd|`errors`|`from`|docs/protocol|Retry-After|)"
      R"(Idempotency-Key|Content-|Transfer-Encoding|Authorization|\bbody\b|gap=)");
  return std::regex_search(text, words);
}

// The sentences in the sources of this folder: literals with a space.
std::vector<std::string> sentences_in(const std::filesystem::path& folder) {
  static const std::regex literal(R"rx("((?:[^"\\\n]|\\.)* (?:[^"\\\n]|\\.)*)")rx");
  std::vector<std::string> sentences;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".cpp") continue;
    std::ifstream stream(file.path());
    for (std::string line; std::getline(stream, line);) {
      if (line.find("#include") != line.npos || line.find("//") < line.find('"')) continue;
      for (std::sregex_iterator at(line.begin(), line.end(), literal), end; at != end; ++at) {
        sentences.push_back((*at)[1]);
      }
    }
  }
  return sentences;
}

}  // namespace

TEST_CASE("no remedy of the error table speaks of requests to a user of the client") {
  for (int i = 0; i <= static_cast<int>(ErrorCode::frame_too_large); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    CAPTURE(row_of(code).name);
    const std::string remedy = cli_remedy(code);
    CHECK_MESSAGE(!has_api_words(remedy), remedy);
    CHECK(cli_remedy(code, row_of(code).remedy) == remedy);
    CHECK(!remedy.empty());
  }
}

TEST_CASE("no message that the server writes for a task speaks of requests to a user of the client") {
  std::size_t reworded = 0;
  for (const char* folder :
       {"server/task", "server/workflow/planning", "server/workflow/run", "server/provider/limits"}) {
    const auto sentences = sentences_in(std::filesystem::path(PLENUM_SOURCE_DIR) / folder);
    CHECK(!sentences.empty());
    for (const std::string& sentence : sentences) {
      const std::string shown = cli_words(sentence);
      reworded += shown != sentence ? 1 : 0;
      CHECK_MESSAGE(!has_api_words(shown), sentence);
    }
  }
  CHECK(reworded >= 8);
}

TEST_CASE("fields and routes are named by options and commands, whole words only") {
  CHECK(cli_words("another attempt would exceed max_cost_usd; wait") ==
        "another attempt would exceed --max-cost; wait");
  CHECK(cli_words("Give the task a longer member_deadline_ms, or take a faster model.") ==
        "Raise --member-deadline, or take a faster model.");
  CHECK(cli_words("The task is not valid; `errors` lists every fault.") == "The task is not valid.");
  CHECK(cli_words("the setting default_deadline_ms and max_cost_usd_total") ==
        "the setting default_deadline_ms and max_cost_usd_total");
  CHECK(cli_remedy(ErrorCode::not_found, "GET /api/workflows lists them.") == "plenum workflows lists them.");
}

TEST_CASE("a field of a request is the option that sets it") {
  CHECK(cli_field("/members/0") == "--member");
  CHECK(cli_field("/options/rounds") == "--option rounds");
  CHECK(cli_field("/options/search") == "--search");
  CHECK(cli_field("/parameters/top_p") == "--top-p");
  CHECK(cli_field("/parameters/steps/ranking/seed") == "--parameter step.ranking.seed");
  CHECK(cli_field("/parameters/members/openai~1gpt-4.1/seed") == "--parameter member.openai/gpt-4.1.seed");
  CHECK(cli_field("/personas/sceptic") == "--persona sceptic");
  CHECK(cli_field("/prior/stream_id") == "--prior");
  CHECK(cli_field("/context/attachments/0/data") == "--file");
  CHECK(cli_field("/deadline_ms") == "--deadline");
  CHECK(cli_field("/workflows") == "/workflows");
  CHECK(cli_field("") == "");
}

TEST_CASE("messages of events are reworded, texts of models are not") {
  ReceivedEvent event;
  event.payload = TaskError{{"deadline_exceeded",
                             "the deadline_ms of the task",
                             "Give the task a longer deadline_ms, or ask for less.",
                             false,
                             {}},
                            {}};
  std::get<TaskError>(event.payload).result.answer = "Set deadline_ms.";
  event.terminal = true;
  REQUIRE(has_server_words(event));
  const ReceivedEvent reworded = in_cli_words(event);
  const auto& failed = std::get<TaskError>(reworded.payload);
  CHECK(failed.error.message == "the --deadline of the task");
  CHECK(failed.error.remedy == "Raise --deadline, or ask for less.");
  CHECK(failed.result.answer == "Set deadline_ms.");
  event = {};
  event.payload = TokenStream{};
  CHECK_FALSE(has_server_words(event));
}
