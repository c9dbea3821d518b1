// The commands about the client itself: config, keys, doctor, demo.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

bool has_text(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

struct Tools : World {
  TempDir dir;
  std::map<std::string, std::string> env{{"PLENUM_CONFIG_DIR", dir.path().string()},
                                         {"XDG_STATE_HOME", (dir.path() / "state").string()}};

  Command command(std::vector<std::string> args, std::string stdin_text = {}) const {
    return plenum_command(server.url(), std::move(args), std::move(stdin_text), env);
  }
  Finished plenum(std::vector<std::string> args, std::string stdin_text = {}) const {
    return run_to_end(command(std::move(args), std::move(stdin_text)), seconds(60));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Tools,
                  "a setting of the file is the default of its option, below the environment and the command line") {
  upstream.always(whole_answer("ok"));
  CHECK(plenum({"config", "set", "workflow", "single"}).exit_code == 0);
  CHECK(plenum({"config", "set", "members", "bench/m7"}).exit_code == 0);
  CHECK(plenum({"config", "set", "output_format", "stream-json"}).exit_code == 0);
  CHECK(plenum({"config", "set", "output_format", ""}).exit_code == 0);
  CHECK(plenum({"run", "task"}).exit_code == 0);
  CHECK(upstream.request(0).model() == "m7");
  env["PLENUM_MEMBERS"] = "bench/m8";
  CHECK(plenum({"run", "task"}).exit_code == 0);
  CHECK(upstream.request(1).model() == "m8");
  CHECK(plenum({"run", "task", "-m", "bench/m9"}).exit_code == 0);
  CHECK(upstream.request(2).model() == "m9");
  const Finished shown = plenum({"config", "show", "--origin"});
  CHECK_MESSAGE(has_text(shown.out, "workflow        single  (file: " + dir.path().string() + "/config.toml:1:12)"),
                shown.out);
  CHECK(has_text(shown.out, "members         bench/m8  (environment: PLENUM_MEMBERS)"));
  CHECK(has_text(shown.out, "color           auto  (default)"));
}

TEST_CASE_FIXTURE(Tools, "a faulty file stops a run with positions, and the commands that correct it work") {
  dir.write("config.toml", "colr = \"never\"\n");
  const Finished run = plenum({"run", "task"});
  CHECK(run.exit_code == 2);
  CHECK_MESSAGE(has_text(run.err, "config.toml:1:1: colr is not a setting (did you mean color?)"), run.err);
  CHECK(plenum({"config", "path"}).out == dir.path().string() + "/config.toml\n");
  CHECK(plenum({"config", "show"}).exit_code == 2);
  CHECK(plenum({"--help"}).exit_code == 0);
  env["EDITOR"] = "printf 'color = \"never\"\\n' >";
  CHECK(plenum({"config", "edit"}).exit_code == 0);
  CHECK(has_text(plenum({"config"}).out, "color           never"));
  CHECK(plenum({"config", "set", "colr", "x"}).exit_code == 2);
}

TEST_CASE_FIXTURE(Tools, "a key is read from standard input, a file or a hidden prompt, and appears in no output") {
  const std::string key = "sk-flow-secret-1234";
  std::string all;
  const auto add = [&](const Finished& run) {
    all += run.out + run.err;
    return run.exit_code;
  };
  CHECK(add(plenum({"keys", "set", "openai"}, key + "\n")) == 0);
  CHECK(add(plenum({"keys", "set", "groq", "--from-file", dir.write("key.txt", key + "\n")})) == 0);
  const Finished keys = plenum({"keys"});
  CHECK(add(keys) == 0);
  CHECK(has_text(keys.out, "openai       OPENAI_API_KEY       stored in "));
  CHECK(has_text(keys.out, "mistral      MISTRAL_API_KEY      none"));
  CHECK(add(plenum({"keys", "--json"})) == 0);
  CHECK(add(plenum({"config", "show", "--origin"})) == 0);
  add(plenum({"doctor", "--json"}));
  CHECK(add(plenum({"keys", "remove", "groq"})) == 0);
  CHECK(add(plenum({"keys", "remove", "groq"})) == 2);
  CHECK(add(plenum({"keys", "set", "opnai"}, key)) == 2);
  CHECK(add(plenum({"keys", "set", "openai"}, "two words")) == 2);
  CHECK_FALSE(has_text(all, key));
}

TEST_CASE_FIXTURE(Tools, "doctor reports every check with its remedy, and ends with 1 if the server is not reachable") {
  const Finished good = plenum({"doctor", "--json"});
  const Json body = Json::parse(good.out);
  std::map<std::string, std::string> found;
  for (const Json& check : body["checks"]) found[check["name"]] = check["status"];
  CHECK(found["config"] == "ok");
  CHECK(found["server"] == "ok");
  CHECK(found["clock"] == "ok");
  CHECK(found.count("keys") == 1);
  CHECK(found["streaming"] != "failed");
  CHECK(found["terminal"] == "ok");
  CHECK(good.exit_code == 0);
  std::uint16_t port = 0;
  listen_loopback(port).close();
  const Finished bad =
      run_to_end(plenum_command("http://127.0.0.1:" + std::to_string(port), {"doctor"}, {}, env), seconds(60));
  CHECK(bad.exit_code == 1);
  CHECK_MESSAGE(has_text(bad.out, "failed   server"), bad.out);
  CHECK(has_text(bad.out, "--server"));
}

TEST_CASE_FIXTURE(Tools, "demo runs a council of simulated members without a key and without the server of the user") {
  env["OPENAI_API_KEY"] = "sk-not-used";
  const Finished demo = plenum({"demo"});
  CHECK_MESSAGE(demo.exit_code == 0, demo.err);
  CHECK(has_text(demo.out, "[offline]"));
  for (const char* member : {"offline/sample-a", "offline/sample-b", "offline/sample-c"}) {
    CHECK_MESSAGE(has_text(demo.err, member), demo.err);
  }
  CHECK(has_text(demo.err, "plenum keys set"));
  CHECK(upstream.request_count() == 0);
}

}  // namespace plenum::tests
