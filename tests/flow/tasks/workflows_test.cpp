// Workflows outside the program: a mode of one's own from the page that explains it, prompts that replace
// the built-in ones, and files that change while the server runs.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/failure.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

// A server whose workflows_dir is the test's, with these files in it from the start.
struct Shelf {
  explicit Shelf(const std::map<std::string, std::string>& files = {}) {
    for (const auto& [name, text] : files) dir.write(name, text);
    world = std::make_unique<World>(Settings{{"workflows_dir", "\"" + dir.path().string() + "\""}});
  }
  // Polls until it holds: the system determines when a change is detected.
  bool comes_true(const std::function<bool()>& holds) const { return eventually(holds, seconds(20)); }
  Json workflows() const { return world->get("/api/workflows").json(); }
  Json workflow(const std::string& name) const { return world->get("/api/workflows/" + name).json(); }
  std::string description(const std::string& name) const { return workflow(name).value("description", ""); }

  TempDir dir;
  std::unique_ptr<World> world;
};

std::string one_step(const std::string& description, const std::string& prompt) {
  return "name = \"mine\"\ndescription = \"" + description + "\"\nroles = [\"r\"]\nanswer = \"" + description +
         ": {{b}}\"\n[[steps]]\nid = \"a\"\nagent = \"A\"\nstage = \"s\"\nprompt = \"first {{task}}\"\n" +
         "[[steps]]\nid = \"b\"\nagent = \"B\"\nstage = \"s\"\ninputs = [\"a\"]\nprompt = \"" + prompt + " {{a}}\"\n";
}

std::string workflows_page() {
  std::ifstream file(WORKFLOWS_PAGE);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The TOML block behind this heading of the page.
std::string block_behind(std::string_view heading) {
  const std::string page = workflows_page();
  const std::size_t begin = page.find("```toml\n", page.find(heading));
  if (begin == std::string::npos) throw Failure("the page has no such block");
  const std::size_t text = page.find('\n', begin) + 1;
  return page.substr(text, page.find("\n```", text) + 1 - text);
}

Finished plenum(const Shelf& shelf, std::vector<std::string> args, std::string stdin_text = {}) {
  return run_to_end(plenum_command(shelf.world->server.url(), std::move(args), std::move(stdin_text)), seconds(60));
}

}  // namespace

TEST_CASE("the mode of the tutorial runs from the file that the page shows") {
  Shelf shelf({{"back-translation.toml", block_behind("## A mode of your own")}});
  const Finished checked = plenum(shelf, {"workflows", "check", (shelf.dir.path() / "back-translation.toml").string()});
  CHECK(checked.exit_code == 0);
  CHECK(workflows_page().find(checked.out) != std::string::npos);  // the page shows it
  World& world = *shelf.world;
  world.upstream.on({.prompt_has = "Translate the text into German"}, whole_answer("Guten Morgen"));
  world.upstream.on({.prompt_has = "Translate this German text"}, whole_answer("Good morning"));
  world.upstream.on({.prompt_has = "meaning differs from the first text"},
                    whole_answer(R"({"issues_found": true, "critical_issues": ["too formal"]})"));
  world.upstream.on({.prompt_has = "too formal"}, whole_answer("Moin"));
  const std::string id =
      world.submit("back-translation", "Good morning!", R"("members":["bench/m1","bench/m2","bench/m3"])");
  const std::vector<Frame> frames = world.whole_stream(id);
  CHECK(broken_rule(frames) == "");
  CHECK(agents_started(frames) == std::vector<std::string>{"Translator", "Back-translator", "Judge", "Translator"});
  REQUIRE(world.upstream.request_count() == 4);
  CHECK(world.upstream.request(0).model() == "m1");
  CHECK(world.upstream.request(1).model() == "m2");
  CHECK(world.upstream.request(1).prompt().find("Good morning!") == std::string::npos);  // it must not see it
  CHECK(world.upstream.request(2).model() == "m3");
  CHECK(world.upstream.request(3).model() == "m1");
  const Json last = frames.back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["answer"] == "Moin\n");
  CHECK(last["result"]["review"]["issues_found"] == true);
  CHECK(last["result"]["degraded"] == false);
}

TEST_CASE("a file of the same name takes the place of a built-in prompt, made from what the client shows") {
  Shelf shelf;
  const Finished shown = plenum(shelf, {"workflows", "show", "single"});
  REQUIRE(shown.exit_code == 0);
  CHECK(shelf.workflow("single")["origin"].get<std::string>().starts_with("built-in"));
  std::string text = shown.out;
  const std::size_t at = text.find("{{task}}", text.find("id = \"answer\""));
  REQUIRE(at != std::string::npos);
  shelf.dir.write("mine.toml", text.insert(at, "Answer in verse: "));
  REQUIRE(shelf.comes_true(
      [&] { return shelf.workflow("single")["origin"] == (shelf.dir.path() / "mine.toml").string(); }));
  shelf.world->upstream.on({.prompt_has = "Answer in verse: Say something."}, whole_answer("Roses are red"));
  const std::vector<Frame> frames = shelf.world->whole_stream(shelf.world->submit_single());
  CHECK(frames.back().json()["result"]["answer"].get<std::string>().find("Roses are red") != std::string::npos);
}

TEST_CASE("a task that runs keeps the workflow with which it began, and the next one has the new") {
  Shelf shelf({{"mine.toml", one_step("old", "old prompt")}});
  World& world = *shelf.world;
  Latch held("held");
  world.upstream.next(Script::stream().words({"one"}).wait_for(held).finish());
  const std::string running = world.submit("mine");
  REQUIRE(world.upstream.wait_for_requests(1, seconds(10)));
  const Json before = shelf.workflow("mine");
  shelf.dir.write("mine.toml", one_step("new", "new prompt"));
  REQUIRE(shelf.comes_true([&] { return shelf.description("mine") == "new"; }));
  CHECK(shelf.workflow("mine")["version"] != before["version"]);
  world.upstream.next(whole_answer("two"));
  held.open();
  CHECK(world.whole_stream(running).back().json()["result"]["answer"] == "old: two");
  CHECK(world.upstream.request(1).prompt() == "old prompt one");
  world.upstream.next(whole_answer("three"));
  world.upstream.next(whole_answer("four"));
  CHECK(world.whole_stream(world.submit("mine")).back().json()["result"]["answer"] == "new: four");
  CHECK(world.upstream.request(3).prompt() == "new prompt three");
}

TEST_CASE("an invalid file does not replace the previous workflows and is reported in the log and the status") {
  Shelf shelf({{"mine.toml", one_step("old", "p")}});
  CHECK(shelf.workflows()["workflows_error"].is_null());
  CHECK(shelf.world->get("/status").json()["workflows_error"].is_null());
  shelf.dir.write("mine.toml", one_step("bad", "{{nonsense}}"));
  const auto fault = [&] { return shelf.workflows()["workflows_error"]; };
  REQUIRE(shelf.comes_true([&] { return !fault().is_null(); }));
  const std::string message = fault()["message"];
  CHECK(message == (shelf.dir.path() / "mine.toml").string() + ":15:11: unknown template variable {{nonsense}}");
  CHECK(shelf.world->get("/status").json()["workflows_error"]["message"] == message);
  // A thread of its own writes the log.
  CHECK(shelf.comes_true([&] { return shelf.world->server.log().find(message) != std::string::npos; }));
  CHECK(shelf.description("mine") == "old");
  CHECK(plenum(shelf, {"workflows"}).out.find("{{nonsense}}") != std::string::npos);
  std::filesystem::remove(shelf.dir.path() / "mine.toml");
  REQUIRE(shelf.comes_true([&] { return fault().is_null(); }));
  CHECK(shelf.world->get("/api/workflows/mine").status == 404);
}

TEST_CASE("SIGHUP reads the files again and never ends the server") {
  Shelf shelf({{"mine.toml", one_step("old", "p")}});
  ServerProcess& server = shelf.world->server;
  server.signal(SIGHUP);
  CHECK(shelf.comes_true([&] { return server.log().find("reloaded") != std::string::npos; }));
  CHECK(server.running());
  World without;
  for (int i = 0; i < 3; ++i) without.server.signal(SIGHUP);
  CHECK(eventually([&] { return without.server.log().find("workflows_dir is not set") != std::string::npos; },
                   seconds(10)));
  CHECK(without.get("/livez").status == 200);
}

TEST_CASE("a directory that goes away breaks nothing, and one that comes in its place is read") {
  const TempDir above;
  const auto path = above.path() / "flows";
  const auto write = [&](const std::string& description) {
    std::filesystem::create_directory(path);
    above.write("flows/mine.toml", one_step(description, "p"));
  };
  write("first");
  World world({{"workflows_dir", "\"" + path.string() + "\""}});
  const auto list = [&] { return world.get("/api/workflows").json(); };
  const auto is_described = [&](const std::string& text) {
    return eventually([&] { return world.get("/api/workflows/mine").json().value("description", "") == text; },
                      seconds(20));
  };
  std::filesystem::remove_all(path);
  CHECK(eventually([&] { return !list()["workflows_error"].is_null(); }, seconds(20)));
  CHECK(is_described("first"));
  write("second");
  CHECK(is_described("second"));
  CHECK(list()["workflows_error"].is_null());
  std::filesystem::rename(path, above.path() / "old");
  write("third");
  CHECK(is_described("third"));
  write("fourth");  // the new one is watched as the old one was
  CHECK(is_described("fourth"));
}

TEST_CASE("check reports all errors without a server and exits with 2") {
  Shelf shelf;
  const std::string good = shelf.dir.path() / "good.txt", bad = shelf.dir.path() / "bad.txt";
  shelf.dir.write("good.txt", one_step("d", "p"));
  shelf.dir.write("bad.txt", one_step("d", "{{x}} {{y}}"));
  const auto check = [&](std::vector<std::string> args, std::string in = {}) {
    args.insert(args.begin(), {"workflows", "check"});
    return run_to_end(plenum_command("http://127.0.0.1:1", std::move(args), std::move(in)), seconds(60));
  };
  const Finished fine = check({good});
  CHECK(fine.exit_code == 0);
  CHECK(fine.out.starts_with("ok  mine: 2 steps, 1 role, version "));
  const Finished faulty = check({good, bad});
  CHECK(faulty.exit_code == 2);
  CHECK(faulty.out.find(bad + ":15:11: unknown template variable {{x}}\n  Known: ") != std::string::npos);
  CHECK(faulty.out.find(bad + ":15:17: unknown template variable {{y}}") != std::string::npos);
  const Finished piped = check({"--json", "-"}, one_step("d", "{{x}}"));
  CHECK(piped.exit_code == 2);
  const Json file = Json::parse(piped.out)["files"][0];
  CHECK(file["ok"] == false);
  CHECK(file["faults"][0]["line"] == 15);
  CHECK(file["faults"][0]["column"] == 11);
  CHECK(check({good, good}).out.find("the name \"mine\" is taken by " + good) != std::string::npos);
  CHECK(check({(shelf.dir.path() / "none").string()}).out.find("cannot be read") != std::string::npos);
}

}  // namespace plenum::tests
