#include "server/workflow/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "common/json.h"

namespace plenum::workflow {

namespace {

// One request being assigned; collects every fault.
class Assigner {
 public:
  Assigner(const TaskSpec& spec, const core::ProviderDirectory& providers) : spec_(spec), providers_(providers) {}

  std::variant<Assignment, std::vector<Fault>> assign(const Catalogue& catalogue) {
    out_.workflow = catalogue.find(spec_.workflow);
    if (!out_.workflow) {
      std::vector<std::string> names;
      for (const auto& workflow : catalogue.all()) names.push_back(workflow->name);
      blame("/workflow", fmt::format("unknown workflow \"{}\"; there are {}", spec_.workflow, fmt::join(names, ", ")));
    }
    spec_.members.empty() ? choose_members() : read_members();
    read_chairman();
    if (out_.workflow) read_options();
    // Prices are not known yet. A cap that nobody keeps would be worse than none.
    if (spec_.max_cost_usd > 0) blame("/max_cost_usd", "this version cannot cap the cost of a task: leave it out");
    if (!faults_.empty()) return std::move(faults_);
    fill_roles();
    return std::move(out_);
  }

 private:
  void read_members() {
    std::set<std::string> ids;
    for (std::size_t i = 0; i < spec_.members.size(); ++i) {
      const std::string pointer = fmt::format("/members/{}", i);
      const auto member = member_named(spec_.members[i], pointer);
      if (!member) continue;
      if (!ids.insert(member->id).second) {
        blame(pointer, fmt::format("\"{}\" is {}, which is among the members already", spec_.members[i], member->id));
      } else if (has_key(*member)) {
        usable_.push_back(*member);
      }
    }
    if (usable_.empty() && faults_.empty()) {
      blame("/members", fmt::format("none of the members has a key: set {}", fmt::join(missing_keys_, " or ")));
    }
  }

  // The member, or nothing when it is a fault.
  std::optional<AssignedMember> member_named(const std::string& asked, const std::string& pointer) {
    const std::size_t slash = asked.find('/');  // a model may hold further ones
    const std::string provider_name = asked.substr(0, slash);
    const core::ProviderInfo* provider = providers_.find(provider_name);
    if (!provider) {
      blame(pointer,
            fmt::format("unknown provider \"{}\" in \"{}\"; known are {}", provider_name, asked, known_providers()));
      return std::nullopt;
    }
    const std::string model = slash == std::string::npos ? provider->default_model : asked.substr(slash + 1);
    if (model.empty()) {
      blame(pointer, fmt::format("\"{}\" names no model, and the provider has no default one: write {}/<model>", asked,
                                 provider_name));
      return std::nullopt;
    }
    return AssignedMember{provider_name + "/" + model, provider_name, model};
  }

  // Skips the member when it has none.
  bool has_key(const AssignedMember& member) {
    const core::ProviderInfo& provider = *providers_.find(member.provider);
    if (provider.key_present) return true;
    missing_keys_.insert(provider.key_env);
    out_.missed.push_back({member.id, "no key: set " + provider.key_env});
    out_.skipped.push_back(out_.missed.back());
    return false;
  }

  void choose_members() {
    const std::size_t enough = out_.workflow ? out_.workflow->roles.size() : 1;
    bool ready_without_model = false;
    for (const core::ProviderInfo& provider : providers_.all()) {
      if (usable_.size() == enough) break;
      if (!provider.key_present) {
        missing_keys_.insert(provider.key_env);
      } else if (provider.default_model.empty()) {
        ready_without_model = true;
      } else {
        usable_.push_back({provider.name + "/" + provider.default_model, provider.name, provider.default_model});
      }
    }
    if (!usable_.empty()) return;
    blame("/members",
          ready_without_model || missing_keys_.empty()
              ? fmt::format("no provider has a default model: name members as <provider>/<model>; known are {}",
                            known_providers())
              : fmt::format("no provider is ready: set {}", fmt::join(missing_keys_, " or ")));
  }

  void read_chairman() {
    if (spec_.chairman.empty()) return;
    if (out_.workflow && !out_.workflow->chairman_role) {
      return blame("/chairman", fmt::format("workflow \"{}\" has no chairman: leave it out", spec_.workflow));
    }
    chairman_ = member_named(spec_.chairman, "/chairman");
    if (chairman_ && !has_key(*chairman_)) chairman_.reset();
  }

  void read_options() {
    const auto options = parse_json(spec_.options_json);
    if (!options || !options->is_object()) return blame("/options", "must be an object");
    const int rounds_max = out_.workflow->rounds_max;
    for (const auto& [key, value] : options->items()) {
      const std::string pointer = pointer_to("/options", key);
      if (key != "rounds" || rounds_max == 0) {
        blame(pointer, fmt::format("workflow \"{}\" does not know this option; it knows {}", spec_.workflow,
                                   rounds_max > 0 ? "rounds" : "none"));
      } else if (!value.is_number_integer() || value < 0 || value > rounds_max) {
        blame(pointer, fmt::format("must be a whole number from 0 to {}", rounds_max));
      } else {
        out_.rounds_max = value.get<int>();
      }
    }
  }

  void fill_roles() {
    const Workflow& workflow = *out_.workflow;
    std::size_t next = 0;
    for (std::size_t role = 0; role < workflow.roles.size(); ++role) {
      const bool is_chair = chairman_ && static_cast<int>(role) == *workflow.chairman_role;
      out_.role_members.push_back(seat(is_chair ? *chairman_ : usable_[next % usable_.size()]));
      if (!is_chair) ++next;
    }
    for (; next < usable_.size(); ++next) {
      out_.skipped.push_back({usable_[next].id, fmt::format("workflow \"{}\" has no role left for it", workflow.name)});
    }
  }

  // The member's place among those who take part.
  std::size_t seat(const AssignedMember& member) {
    const auto is_it = [&](const AssignedMember& other) { return other.id == member.id; };
    const auto found = std::find_if(out_.members.begin(), out_.members.end(), is_it);
    if (found != out_.members.end()) return static_cast<std::size_t>(found - out_.members.begin());
    out_.members.push_back(member);
    return out_.members.size() - 1;
  }

  std::string known_providers() const {
    std::vector<std::string> names;
    for (const core::ProviderInfo& provider : providers_.all()) names.push_back(provider.name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void blame(std::string pointer, std::string detail) { faults_.push_back({std::move(pointer), std::move(detail)}); }

  const TaskSpec& spec_;
  const core::ProviderDirectory& providers_;
  Assignment out_;
  std::vector<AssignedMember> usable_;
  std::optional<AssignedMember> chairman_;
  std::set<std::string> missing_keys_;
  std::vector<Fault> faults_;
};

}  // namespace

Engine::Engine(std::shared_ptr<const Catalogue> catalogue, const core::ProviderDirectory& providers)
    : catalogue_(std::move(catalogue)), providers_(providers) {}

std::variant<Assignment, std::vector<Fault>> Engine::assign(const TaskSpec& spec) const {
  return Assigner(spec, providers_).assign(*catalogue_);
}

}  // namespace plenum::workflow
