#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "client/settings/config_file.h"
#include "client/settings/key_store.h"
#include "client/settings/left_hints.h"
#include "client/settings/stored_file.h"
#include "tests/support/process/temp_dir.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

Variable environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

std::string faults_of(std::string_view text) {
  const auto values = parse_config(text, "config.toml");
  return values ? "" : values.error().message;
}

const SettingValue& value_named(const std::vector<SettingValue>& values, std::string_view name) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const SettingValue& value) { return value.setting->name == name; });
  REQUIRE(found != values.end());
  return *found;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the directory of the configuration is that of the variable, else the one of XDG, else below the home") {
  CHECK(config_path(environment_of({{"PLENUM_CONFIG_DIR", "/p"}, {"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}})) ==
        "/p/config.toml");
  CHECK(config_path(environment_of({{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}})) == "/x/plenum/config.toml");
  CHECK(config_path(environment_of({{"XDG_CONFIG_HOME", "relative"}, {"HOME", "/h"}})) ==
        "/h/.config/plenum/config.toml");
  CHECK(config_path(environment_of({})).empty());
}

TEST_CASE("a setting has the value of the environment, else of the file, else its default, and states which") {
  const auto file = parse_config("color = \"never\"\nmembers = [\"a\", \"b\"]\nshow_reasoning = true\n", "/c.toml");
  REQUIRE(file);
  const auto values = resolve(*file, environment_of({{"PLENUM_COLOR", "always"}, {"PLENUM_VIEW", ""}}));
  CHECK(values.size() == client_settings().size());
  CHECK(value_named(values, "color").text == "always");
  CHECK(value_named(values, "color").where == "PLENUM_COLOR");
  CHECK(value_named(values, "members").text == "a,b");
  CHECK(value_named(values, "members").where == "/c.toml:2:11");
  CHECK(value_named(values, "show_reasoning").text == "true");
  CHECK(value_named(values, "view").origin == SettingOrigin::built_in);
  CHECK(value_named(values, "view").text == "auto");
}

TEST_CASE("all faults of the file are reported with their position and what was meant") {
  CHECK(
      faults_of("colr = \"never\"\nview = \"full\"\nretry_for = \"soon\"\nshow_reasoning = \"yes\"\nmembers = [1]\n") ==
      "config.toml:1:1: colr is not a setting (did you mean color?)\n"
      "config.toml:2:8: view must be one of auto, plain\n"
      "config.toml:3:13: retry_for must be a duration such as 90s, 5m or 2h\n"
      "config.toml:4:18: show_reasoning must be true or false\n"
      "config.toml:5:11: members must be a list of strings");
  CHECK(faults_of("color = \n").starts_with("config.toml:1:"));
  CHECK(faults_of("server = \"\"").find("must not be empty") != std::string::npos);
}

TEST_CASE("a value is replaced in its place, added at the end, or removed; comments and other lines stay") {
  const std::string text = "# mine\ncolor = \"never\"  # dark\nmembers = [\n  \"a\",\n  \"b\"]\nworkflow = \"council\"";
  const auto with = [&](std::string_view name, std::string_view value) {
    const auto changed = config_with(text, "c", *client_setting_named(name), value);
    return changed ? *changed : "error: " + changed.error().message;
  };
  CHECK(with("color", "always") ==
        "# mine\ncolor = \"always\"\nmembers = [\n  \"a\",\n  \"b\"]\nworkflow = \"council\"\n");
  CHECK(with("members", "c,d") ==
        "# mine\ncolor = \"never\"  # dark\nmembers = [\"c\", \"d\"]\nworkflow = \"council\"\n");
  CHECK(with("members", "") == "# mine\ncolor = \"never\"  # dark\nworkflow = \"council\"\n");
  CHECK(with("council", "a \"b\"").ends_with("workflow = \"council\"\ncouncil = \"a \\\"b\\\"\"\n"));
  CHECK(with("view", "full") == "error: view must be one of auto, plain");
}

TEST_CASE("a file is replaced as a whole, for this user only, in a directory that is created") {
  const TempDir dir;
  const std::string path = (dir.path() / "new" / "config.toml").string();
  REQUIRE(replace_file(path, "one", "the file"));
  REQUIRE(replace_file(path, "two", "the file"));
  CHECK(content(path) == "two");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path() / "new"), {}) == 1);  // no temporary file stays
  const auto failed = replace_file("/proc/nowhere/file", "x", "the file");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.starts_with("the file /proc/nowhere/file cannot be written: "));
}

TEST_CASE("a key is stored under the variable of its provider, and removed again") {
  const TempDir dir;
  const KeyStore store((dir.path() / "plenum" / "keys").string());
  CHECK(store.load()->empty());
  CHECK(*key_variable("openai") == "OPENAI_API_KEY");
  CHECK(*key_variable("MYLAB_API_KEY") == "MYLAB_API_KEY");
  CHECK(key_variable("opnai").error().message.find("did you mean openai?") != std::string::npos);
  REQUIRE(store.set("OPENAI_API_KEY", "sk-1"));
  REQUIRE(store.set("GROQ_API_KEY", "sk-2"));
  CHECK(store.load()->at("OPENAI_API_KEY") == "sk-1");
  CHECK(*store.remove("OPENAI_API_KEY"));
  CHECK_FALSE(*store.remove("OPENAI_API_KEY"));
  CHECK(*store.load() == KeysByVariable{{"GROQ_API_KEY", "sk-2"}});
}

TEST_CASE("keys that other users can read are not used") {
  const TempDir dir;
  const std::string path = dir.write("keys", "OPENAI_API_KEY=sk-1\n");
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  const auto keys = KeyStore(path).load();
  REQUIRE_FALSE(keys);
  CHECK(keys.error().remedy == "Restrict it with: chmod 600 " + path);
}

TEST_CASE("a line of the keys that is none is an error that does not repeat it") {
  const auto keys = parse_keys("# mine\n\nOPENAI_API_KEY = sk-1\nsk-secret\n", "keys");
  REQUIRE_FALSE(keys);
  CHECK(keys.error().message.starts_with("keys:4: "));
  CHECK(keys.error().message.find("secret") == std::string::npos);
  CHECK_FALSE(checked_key(" \n"));
  CHECK_FALSE(checked_key("two words"));
  CHECK(*checked_key(" sk-1\r\n") == "sk-1");
}

TEST_CASE("a server receives the stored keys that the environment does not have") {
  const KeysByVariable keys{{"GROQ_API_KEY", "g"}, {"OPENAI_API_KEY", "o"}, {"XAI_API_KEY", "x"}};
  CHECK(key_environment(keys, environment_of({{"OPENAI_API_KEY", "own"}, {"XAI_API_KEY", ""}})) ==
        std::vector<std::string>{"GROQ_API_KEY=g", "XAI_API_KEY=x"});
}

TEST_CASE("a stored hint is returned once") {
  const TempDir dir;
  const std::string directory = (dir.path() / "plenum").string();
  CHECK(take_hints(directory).empty());
  store_hint(directory, "plenum attach a");
  store_hint(directory, "plenum attach b");
  CHECK(take_hints(directory) == std::vector<std::string>{"plenum attach a", "plenum attach b"});
  CHECK(take_hints(directory).empty());
}
