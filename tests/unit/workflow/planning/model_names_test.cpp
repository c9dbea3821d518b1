#include "server/workflow/planning/model_names.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>

namespace plenum::workflow {

namespace {

using Names = std::vector<std::string>;

// Providers whose lists of models the test sets.
struct Directory final : core::ProviderDirectory, core::ModelLists {
  core::ProviderInfo& add(std::string name, Names defaults, bool key_present = true) {
    core::ProviderInfo info;
    info.name = std::move(name);
    info.default_models = info.models = std::move(defaults);
    info.key_present = key_present;
    infos.push_back(std::move(info));
    return infos.back();
  }
  void list(const std::string& provider, const Names& models) {
    core::ModelList list;
    for (const auto& model : models) list.models.push_back({model});
    list.listed_at = WallTime(seconds(1));
    lists_by_name[provider] = std::make_shared<const core::ModelList>(std::move(list));
  }
  const std::vector<core::ProviderInfo>& all() const override { return infos; }
  const core::ProviderInfo* find(std::string_view name) const override {
    for (const auto& info : infos) {
      if (info.name == name) return &info;
    }
    return nullptr;
  }
  core::ModelLists* lists() const override { return const_cast<Directory*>(this); }
  std::shared_ptr<const core::ModelList> of(std::string_view provider) const override {
    const auto found = lists_by_name.find(provider);
    return found == lists_by_name.end() ? std::make_shared<const core::ModelList>() : found->second;
  }
  bool is_missing(std::string_view, std::string_view) const override { return false; }
  void settle() const override {}
  void refresh() override {}

  std::vector<core::ProviderInfo> infos;
  std::map<std::string, std::shared_ptr<const core::ModelList>, std::less<>> lists_by_name;
};

Directory usual() {
  Directory directory;
  directory.add("openai", {"gpt-6.1-terra", "gpt-4.1"});
  directory.add("anthropic", {"claude-sonnet-5-5"}, false);
  directory.add("xai", {"grok-4.6"});
  directory.add("groq", {"openai/gpt-oss-120b"});
  directory.add("together", {"openai/gpt-oss-120b"});
  directory.add("tavily", {}).searches = true;
  return directory;
}

Names found(const Directory& directory, std::string_view name) {
  Names members;
  for (const auto& one : find_model(directory, name)) members.push_back(one.member());
  return members;
}

}  // namespace

TEST_CASE("a model without a provider is found in configurations, default models and lists of models") {
  auto directory = usual();
  CHECK(found(directory, "gpt-4.1") == Names{"openai/gpt-4.1"});
  CHECK(found(directory, "unheard-of").empty());
  directory.list("xai", {"unheard-of"});
  CHECK(found(directory, "unheard-of") == Names{"xai/unheard-of"});
}

TEST_CASE("a model that is not listed anywhere is found by what its vendor's names start with") {
  auto directory = usual();
  CHECK(found(directory, "gpt-7-preview") == Names{"openai/gpt-7-preview"});
  CHECK(found(directory, "o3") == Names{"openai/o3"});
  CHECK(found(directory, "claude-opus-9") == Names{"anthropic/claude-opus-9"});
  CHECK(found(directory, "grok-9") == Names{"xai/grok-9"});
  CHECK(found(directory, "sonar-pro").empty());  // its vendor is not configured
  directory.list("openai", {"gpt-6.1-terra"});
  CHECK(found(directory, "gpt-7-preview").empty());  // the vendor's list does not contain it
}

TEST_CASE("a model of several providers is ambiguous, unless only one of them has a key") {
  auto directory = usual();
  CHECK(found(directory, "openai/gpt-oss-120b") == Names{"groq/openai/gpt-oss-120b", "together/openai/gpt-oss-120b"});
  directory.infos[3].key_present = false;
  CHECK(found(directory, "openai/gpt-oss-120b") == Names{"together/openai/gpt-oss-120b"});
}

TEST_CASE("providers have familiar names") {
  const auto directory = usual();
  CHECK(provider_named(directory, "claude")->name == "anthropic");
  CHECK(provider_named(directory, "grok")->name == "xai");
  CHECK(provider_named(directory, "openai")->name == "openai");
  CHECK(provider_named(directory, "google") == nullptr);  // gemini is not configured
  CHECK(provider_named(directory, "gpt-4.1") == nullptr);
}

TEST_CASE("a wrong name is compared with providers, members and models") {
  auto directory = usual();
  CHECK(nearest_names(directory, "opnai") == Names{"openai"});
  CHECK(nearest_names(directory, "gtp-4.1").front() == "openai/gpt-4.1");
  CHECK(nearest_names(directory, "GPT-4.1") == Names{"openai/gpt-4.1"});
  CHECK(nearest_names(directory, "openai/gpt-41") == Names{"openai/gpt-4.1"});
  CHECK(nearest_names(directory, "nothing-like-any-of-them").empty());
  CHECK(nearest_names(directory, "").empty());
  CHECK(nearest_names(directory, std::string(1000, 'a')).empty());
  directory.list("openai", {"aaa1", "aaa2", "aaa3", "aaa4"});
  CHECK(nearest_names(directory, "aaa0").size() == 3);
}

TEST_CASE("a suffix makes several members of one model, or names one of them") {
  CHECK(copies_of("openai/gpt-4.1*3").name == "openai/gpt-4.1");
  CHECK(copies_of("openai/gpt-4.1*3").last == 3);
  CHECK(copies_of("openai/gpt-4.1#skeptic~2").first == 2);
  CHECK(copies_of("openai/gpt-4.1#skeptic~2").name == "openai/gpt-4.1#skeptic");
  for (const char* plain : {"openai", "a*0", "a*65", "a*01", "a*", "*3", "a~0", "a~x", "a*-1", "a*1e1"}) {
    CAPTURE(plain);
    CHECK(copies_of(plain).name == plain);
    CHECK(copies_of(plain).last == 1);
  }
  CHECK(copy_id("a/b", 1) == "a/b");
  CHECK(copy_id("a/b#p", 12) == "a/b#p~12");
}

}  // namespace plenum::workflow
