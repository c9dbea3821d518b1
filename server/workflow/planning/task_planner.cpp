#include "server/workflow/planning/task_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "common/json/json.h"
#include "common/text/edit_distance.h"
#include "server/core/default_models.h"
#include "server/workflow/definition/member_expansion.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/planning/cache_key.h"
#include "server/workflow/planning/council_selection.h"
#include "server/workflow/planning/task_options.h"

namespace plenum::workflow {

namespace {

// Assigns the members of one request and collects all its errors.
class Assigner {
 public:
  Assigner(const TaskSpec& spec, const core::ProviderDirectory& providers, const Personas& personas,
           const std::string& default_workflow, const std::vector<std::string>& by_default)
      : spec_(spec),
        providers_(providers),
        requested_(spec.workflow.empty() ? default_workflow : spec.workflow),
        resolver_(providers, personas, spec),
        by_default_(by_default) {}

  std::variant<Assignment, std::vector<ValidationError>> assign(const Catalog& catalog,
                                                                std::shared_ptr<const Workflow> recorded) {
    const bool automatic = !recorded && requested_ == automatic_workflow;  // depends on the members
    if (automatic && !spec_.members.empty()) read_members();
    out_.workflow = recorded ? std::move(recorded) : choose_workflow(catalog);
    if (spec_.members.empty()) {
      choose_members();
    } else if (!automatic) {
      read_members();
    }
    read_chairman();
    // With an invalid member the number of members is unknown.
    const std::size_t members = faults_.empty() ? usable_.size() : static_cast<std::size_t>(members_max);
    if (out_.workflow) out_.options = read_task_options(spec_.options_json, *out_.workflow, members, faults_);
    read_parameters();
    if (out_.workflow && faults_.empty()) check_size();
    choose_search_engines();
    read_fallbacks();
    if (spec_.max_cost_usd > 0) check_prices();
    if (!faults_.empty()) return std::move(faults_);
    out_.workflow->per_member ? assign_all_members() : fill_roles();
    for (const AssignedMember& member : out_.members) out_.fallbacks.push_back(chains_[member.id]);
    for (const AssignedMember& member : usable_) out_.requested.push_back(member.id);
    return std::move(out_);
  }

 private:
  std::shared_ptr<const Workflow> choose_workflow(const Catalog& catalog) {
    const std::string name = requested_ == automatic_workflow ? choice_by_members() : requested_;
    if (auto found = catalog.find(name)) return found;
    std::vector<std::string> names;
    for (const auto& workflow : catalog.all()) names.push_back(workflow->name);
    report("/workflow", fmt::format("unknown workflow \"{}\"{}; known workflows: {}, {}", name, suggestion(name, names),
                                    automatic_workflow, fmt::join(names, ", ")));
    return nullptr;
  }

  // One member answers by itself; the answers of several are merged.
  std::string choice_by_members() const {
    std::size_t members = usable_.size();
    if (spec_.members.empty()) {
      members = default_members().size();
    }
    return std::string(automatic_choice(members));
  }

  // The members of a task that names none: every usable provider with its default model. Offline answers are samples:
  // they are used only if there are no others, and then those of every default model.
  std::vector<std::string> default_members() const {
    if (providers_.lists() != nullptr) providers_.lists()->settle();
    std::vector<std::string> names, samples;
    for (const core::ProviderInfo& provider : providers_.all()) {
      if (provider.searches || !provider.key_present) continue;
      const auto models = core::default_models(provider, providers_.lists());
      if (provider.kind == core::ProviderKind::offline) {
        for (const auto& model : models) samples.push_back(provider.name + "/" + model);
      } else if (!models.empty()) {
        names.push_back(provider.name);
      }
    }
    return names.empty() ? samples : names;
  }

  // Scopes that do not exist are errors: their parameters would be ignored.
  void read_parameters() {
    out_.parameters = spec_.parameters;
    out_.parameters.members.clear();
    for (const auto& [name, parameters] : spec_.parameters.members) {
      for (const auto& member : members_named(name, pointer_to("/parameters/members", name))) {
        out_.parameters.members[member.id] = parameters;
      }
    }
    if (!out_.workflow) return;
    for (const auto& [name, parameters] : spec_.parameters.roles) {
      check_scope(name, out_.workflow->roles, "role");
    }
    std::vector<std::string> steps;
    for (const Step& step : out_.workflow->steps) {
      if (steps.empty() || steps.back() != step.base_id) steps.push_back(step.base_id);
    }
    for (const auto& [name, parameters] : spec_.parameters.steps) check_scope(name, steps, "step");
  }

  void check_scope(const std::string& name, std::vector<std::string> known, std::string_view what) {
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    if (std::binary_search(known.begin(), known.end(), name)) return;
    report(pointer_to(fmt::format("/parameters/{}s", what), name),
           fmt::format("workflow \"{}\" has no {} of this name; it has {}", out_.workflow->name, what,
                       known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }

  void read_members() {
    std::set<std::string> ids;
    for (std::size_t i = 0; i < spec_.members.size(); ++i) {
      const std::string pointer = fmt::format("/members/{}", i);
      for (const auto& member : members_named(spec_.members[i], pointer)) {
        if (!ids.insert(member.id).second) {
          report(pointer, fmt::format("\"{}\" is {}, which is already a member", spec_.members[i], member.id));
        } else if (has_key(member)) {
          usable_.push_back(member);
        }
      }
    }
    if (ids.size() > static_cast<std::size_t>(members_max)) {
      report("/members", fmt::format("must have at most {} members, not {}", members_max, ids.size()));
    }
    if (usable_.empty() && faults_.empty()) {
      report("/members", fmt::format("none of the members has a key: set {}", fmt::join(missing_keys_, " or ")));
    }
  }

  // The member, or nothing after reporting an error.
  std::optional<AssignedMember> member_named(const std::string& name, const std::string& pointer) {
    auto member = resolver_.find(name);
    if (member) return with_substitutes(*std::move(member));
    report(pointer, std::move(member.error()));
    return std::nullopt;
  }

  // All members that the name stands for; none after reporting an error.
  std::vector<AssignedMember> members_named(const std::string& name, const std::string& pointer) {
    auto members = resolver_.find_all(name);
    if (!members) {
      report(pointer, std::move(members.error()));
      return {};
    }
    for (AssignedMember& member : *members) member = with_substitutes(std::move(member));
    return *std::move(members);
  }

  // A recorded plan names the default model that was chosen.
  AssignedMember with_substitutes(AssignedMember member) const {
    if (std::find(by_default_.begin(), by_default_.end(), member.id) == by_default_.end()) return member;
    member.by_default = true;
    member.substitutes = core::default_models(*providers_.find(member.provider), providers_.lists());
    std::erase(member.substitutes, member.model);
    return member;
  }

  // Without a key the member is added to the skipped ones.
  bool has_key(const AssignedMember& member) {
    const core::ProviderInfo& provider = *providers_.find(member.provider);
    if (provider.key_present) return true;
    missing_keys_.insert(provider.key_env);
    out_.without_key.push_back({member.id, "no key: set " + provider.key_env});
    out_.skipped.push_back(out_.without_key.back());
    return false;
  }

  void choose_members() {
    const std::size_t enough = !out_.workflow              ? 1
                               : out_.workflow->per_member ? static_cast<std::size_t>(members_max)
                                                           : out_.workflow->roles.size();
    for (const std::string& name : default_members()) {
      if (usable_.size() < enough) usable_.push_back(*resolver_.find(name));
    }
    if (!usable_.empty()) return;
    bool ready_without_model = false;
    for (const core::ProviderInfo& provider : providers_.all()) {
      if (provider.searches) continue;
      if (provider.key_present) {
        ready_without_model = true;
      } else {
        missing_keys_.insert(provider.key_env);
      }
    }
    report("/members",
           ready_without_model || missing_keys_.empty()
               ? fmt::format("no provider has a default model: name members as <provider>/<model>; known providers: {}",
                             resolver_.known_providers())
               : fmt::format("no provider is ready: set {}", fmt::join(missing_keys_, " or ")));
  }

  void read_chairman() {
    if (spec_.chairman.empty()) return;
    if (out_.workflow && !out_.workflow->chairman_role) {
      return report("/chairman", fmt::format("workflow \"{}\" has no chairman: remove the field", out_.workflow->name));
    }
    chairman_ = member_named(spec_.chairman, "/chairman");
    if (chairman_ && !has_key(*chairman_)) chairman_.reset();
  }

  // The fallback chain of every usable member: the task's for this member, else the task's for `*`, else the
  // configured one of its provider.
  void read_fallbacks() {
    std::map<std::string, std::vector<std::string>> requested;  // by member id
    std::map<std::string, std::string> names;                   // in the request, by member id
    for (const auto& [name, chain] : spec_.fallback) {
      const std::string pointer = pointer_to("/fallback", name);
      if (name == "*") {
        requested[name] = chain;
        continue;
      }
      for (const auto& member : members_named(name, pointer)) {
        if (!is_member_or_chairman(member)) {
          report(pointer, fmt::format("\"{}\" is neither a member nor the chairman of this task", name));
        }
        requested[member.id] = chain;
        names[member.id] = name;
      }
    }
    auto owners = usable_;
    if (chairman_) owners.push_back(*chairman_);
    for (const AssignedMember& member : owners) {
      const auto own = requested.find(member.id), common = requested.find("*");
      const bool is_common = own == requested.end() && common != requested.end();
      const auto& chain = own != requested.end() ? own->second
                          : is_common            ? common->second
                                                 : providers_.find(member.provider)->fallback;
      const auto name = names.find(member.id);
      const std::string key = is_common ? "*" : name == names.end() ? member.id : name->second;
      chains_[member.id] = read_chain(member, chain, pointer_to("/fallback", key));
    }
  }

  bool is_member_or_chairman(const AssignedMember& member) const {
    const auto is_it = [&](const AssignedMember& other) { return other.id == member.id; };
    return std::any_of(usable_.begin(), usable_.end(), is_it) || (chairman_ && is_it(*chairman_)) ||
           std::any_of(out_.without_key.begin(), out_.without_key.end(),
                       [&](const auto& one) { return one.id == member.id; });
  }

  // The members of the chain that have a key. A chain shared by several members may contain one of them.
  std::vector<AssignedMember> read_chain(const AssignedMember& original, const std::vector<std::string>& chain,
                                         const std::string& pointer) {
    std::vector<AssignedMember> usable;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      auto member = member_named(chain[i], pointer_to(pointer, std::to_string(i)));
      if (!member) continue;
      member = MemberResolver::with_persona_of(*std::move(member), original);
      if (member->id != original.id && providers_.find(member->provider)->key_present) usable.push_back(*member);
    }
    return usable;
  }

  void check_size() {
    const Workflow& workflow = *out_.workflow;
    if (workflow.per_member && usable_.size() < static_cast<std::size_t>(workflow.members_min)) {
      report("/members",
             fmt::format("workflow \"{}\" needs at least {} members with a key, but there {} {}: add more as "
                         "<provider>/<model>",
                         workflow.name, workflow.members_min, usable_.size() == 1 ? "is" : "are", usable_.size()));
    }
    if (expanded_steps(workflow, usable_.size()) > expanded_steps_max) {
      report("/members", fmt::format("with this number of members workflow \"{}\" has more than {} steps",
                                     workflow.name, expanded_steps_max));
    }
  }

  // Every member answers; the other roles are filled from the members as well.
  void assign_all_members() {
    for (const AssignedMember& member : usable_) add_member(member);
    const Workflow& workflow = *out_.workflow;
    std::size_t next = 0;
    for (std::size_t role = 0; role < workflow.roles.size(); ++role) {
      const bool is_chair = chairman_ && static_cast<int>(role) == *workflow.chairman_role;
      out_.role_members.push_back(is_chair ? add_member(*chairman_) : next++ % usable_.size());
    }
    out_.workflow = std::make_shared<const Workflow>(
        expand_members(workflow, out_.role_members, usable_.size(), {out_.options.quorum, out_.options.late}));
    for (std::size_t i = 0; i < usable_.size(); ++i) out_.role_members.push_back(i);
  }

  void fill_roles() {
    const Workflow& workflow = *out_.workflow;
    std::size_t next = 0;
    for (std::size_t role = 0; role < workflow.roles.size(); ++role) {
      const bool is_chair = chairman_ && static_cast<int>(role) == *workflow.chairman_role;
      out_.role_members.push_back(add_member(is_chair ? *chairman_ : usable_[next % usable_.size()]));
      if (!is_chair) ++next;
    }
    for (; next < usable_.size(); ++next) {
      out_.skipped.push_back({usable_[next].id, fmt::format("workflow \"{}\" has no free role", workflow.name)});
    }
  }

  void choose_search_engines() {
    if (out_.options.search == SearchMode::none) return;
    for (const core::ProviderInfo& provider : providers_.all()) {
      if (!provider.searches || !provider.key_present) continue;
      AssignedMember engine{provider.name, provider.name, "", {}, {}, {}, {}, false, {}};
      engine.price = core::ModelPrice{};  // searches are not part of model costs
      out_.search_engines.push_back(std::move(engine));
    }
    if (out_.search_engines.empty()) {
      report("/options/search",
             "no search engine is configured: set TAVILY_API_KEY, or add one, for example "
             "[providers.duckduckgo] with kind = \"duckduckgo\"");
    }
  }

  // A cap that cannot be enforced must be rejected.
  void check_prices() {
    const auto check = [this](const AssignedMember& member) {
      if (member.price) return;
      report("/max_cost_usd",
             fmt::format("the price of {0} is unknown: add \"{1}/{2}\" to [prices] of the configuration, "
                         "or remove the cap",
                         member.id, member.provider, member.model));
    };
    for (const AssignedMember& member : usable_) check(member);
    if (chairman_) check(*chairman_);
    for (const auto& [id, chain] : chains_) {
      for (const AssignedMember& member : chain) check(member);
    }
  }

  // The index of the member in `members`; added if it is new.
  std::size_t add_member(const AssignedMember& member) {
    const auto is_it = [&](const AssignedMember& other) { return other.id == member.id; };
    const auto found = std::find_if(out_.members.begin(), out_.members.end(), is_it);
    if (found != out_.members.end()) return static_cast<std::size_t>(found - out_.members.begin());
    out_.members.push_back(member);
    return out_.members.size() - 1;
  }

  // Drops duplicates: a chain shared by several members is read for each of them.
  void report(std::string pointer, std::string detail) {
    const auto same = [&](const ValidationError& fault) { return fault.pointer == pointer && fault.detail == detail; };
    if (std::any_of(faults_.begin(), faults_.end(), same)) return;
    faults_.push_back({std::move(pointer), std::move(detail)});
  }

  const TaskSpec& spec_;
  const core::ProviderDirectory& providers_;
  const std::string& requested_;  // workflow
  const MemberResolver resolver_;
  const std::vector<std::string>& by_default_;  // ids
  Assignment out_;
  std::vector<AssignedMember> usable_;
  std::optional<AssignedMember> chairman_;
  std::map<std::string, std::vector<AssignedMember>> chains_;  // by member
  std::set<std::string> missing_keys_;
  std::vector<ValidationError> faults_;
};

}  // namespace

TaskPlanner::TaskPlanner(const CurrentCatalog& catalog, const core::ProviderDirectory& providers,
                         PlannerOptions options)
    : catalog_(catalog), providers_(providers), options_(std::move(options)) {}

std::variant<PlannedTask, std::vector<ValidationError>> TaskPlanner::plan(const TaskSpec& spec) const {
  const auto catalog = catalog_.get();
  auto resolved = with_council(spec, {*catalog, options_.councils, options_.default_workflow});
  if (!resolved) return std::vector<ValidationError>{std::move(resolved.error())};
  auto assigned = assign(*resolved);
  if (auto* faults = std::get_if<std::vector<ValidationError>>(&assigned)) {
    attribute_to_council(*faults, spec, *resolved);
    return std::move(*faults);
  }
  return PlannedTask{*std::move(resolved), std::get<Assignment>(std::move(assigned))};
}

CacheKeys TaskPlanner::cache_keys(const Assignment& assignment, const TaskSpec& spec) const {
  const auto is_offline = [this](const AssignedMember& member) {
    return providers_.find(member.provider)->kind == core::ProviderKind::offline;
  };
  if (std::any_of(assignment.members.begin(), assignment.members.end(), is_offline)) return {};
  return cache_keys_of(assignment, spec, providers_);
}

std::variant<Assignment, std::vector<ValidationError>> TaskPlanner::assign(
    const TaskSpec& spec, std::shared_ptr<const Workflow> recorded, const std::vector<std::string>& by_default) const {
  auto assigned = Assigner(spec, providers_, options_.personas, options_.default_workflow, by_default)
                      .assign(*catalog_.get(), std::move(recorded));
  if (auto* assignment = std::get_if<Assignment>(&assigned)) {
    for (const Step& step : assignment->workflow->steps) {
      assignment->estimates.push_back(
          statistics_->estimate(statistics_key(*assignment, step), assignment->member_of(step).price));
    }
  }
  return assigned;
}

}  // namespace plenum::workflow
