#include "server/workflow/planning/task_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "common/json/json.h"
#include "server/workflow/definition/member_expansion.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/planning/cache_key.h"
#include "server/workflow/planning/task_options.h"

namespace plenum::workflow {

namespace {

// One request being assigned; collects every fault.
class Assigner {
 public:
  Assigner(const TaskSpec& spec, const core::ProviderDirectory& providers, const Personas& personas)
      : spec_(spec), providers_(providers), names_(providers, personas, spec) {}

  std::variant<Assignment, std::vector<ValidationError>> assign(const Catalog& catalog,
                                                                std::shared_ptr<const Workflow> as_it_was) {
    out_.workflow = as_it_was ? std::move(as_it_was) : catalog.find(spec_.workflow);
    if (!out_.workflow) {
      std::vector<std::string> names;
      for (const auto& workflow : catalog.all()) names.push_back(workflow->name);
      blame("/workflow", fmt::format("unknown workflow \"{}\"; there are {}", spec_.workflow, fmt::join(names, ", ")));
    }
    spec_.members.empty() ? choose_members() : read_members();
    read_chairman();
    // With a member that is a fault nobody knows how many there will be.
    const std::size_t members = faults_.empty() ? usable_.size() : static_cast<std::size_t>(members_max);
    if (out_.workflow) out_.options = read_task_options(spec_.options_json, *out_.workflow, members, faults_);
    if (out_.workflow && faults_.empty()) check_size();
    choose_search_engines();
    read_fallbacks();
    if (spec_.max_cost_usd > 0) check_prices();
    if (!faults_.empty()) return std::move(faults_);
    out_.workflow->per_member ? seat_everybody() : fill_roles();
    for (const AssignedMember& member : out_.members) out_.fallbacks.push_back(chains_[member.id]);
    for (const AssignedMember& member : usable_) out_.asked.push_back(member.id);
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
    auto member = names_.find(asked);
    if (member) return *std::move(member);
    blame(pointer, std::move(member.error()));
    return std::nullopt;
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
    const std::size_t enough = !out_.workflow              ? 1
                               : out_.workflow->per_member ? static_cast<std::size_t>(members_max)
                                                           : out_.workflow->roles.size();
    bool ready_without_model = false;
    for (const core::ProviderInfo& provider : providers_.all()) {
      if (usable_.size() == enough) break;
      if (provider.searches) continue;
      if (!provider.key_present) {
        missing_keys_.insert(provider.key_env);
      } else if (provider.default_model.empty()) {
        ready_without_model = true;
      } else {
        usable_.push_back(*names_.find(provider.name));
      }
    }
    if (!usable_.empty()) return;
    blame("/members",
          ready_without_model || missing_keys_.empty()
              ? fmt::format("no provider has a default model: name members as <provider>/<model>; known are {}",
                            names_.known_providers())
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

  // The chain of every member that may take part: what the task says of it, else of all, else what the
  // configuration says of its provider.
  void read_fallbacks() {
    std::map<std::string, std::vector<std::string>> said;  // by id
    for (const auto& [asked, chain] : spec_.fallback) {
      const std::string pointer = pointer_to("/fallback", asked);
      if (asked == "*") {
        said[asked] = chain;
        continue;
      }
      const auto member = member_named(asked, pointer);
      if (!member) continue;
      if (!takes_part(*member)) {
        blame(pointer, fmt::format("\"{}\" is neither a member nor the chairman of this task", asked));
      }
      said[member->id] = chain;
    }
    auto everybody = usable_;
    if (chairman_) everybody.push_back(*chairman_);
    for (const AssignedMember& member : everybody) {
      const auto own = said.find(member.id), common = said.find("*");
      const bool is_common = own == said.end() && common != said.end();
      const auto& chain = own != said.end() ? own->second
                          : is_common       ? common->second
                                            : providers_.find(member.provider)->fallback;
      chains_[member.id] = read_chain(member, chain, pointer_to("/fallback", is_common ? "*" : member.id));
    }
  }

  bool takes_part(const AssignedMember& member) const {
    const auto is_it = [&](const AssignedMember& other) { return other.id == member.id; };
    return std::any_of(usable_.begin(), usable_.end(), is_it) || (chairman_ && is_it(*chairman_)) ||
           std::any_of(out_.missed.begin(), out_.missed.end(), [&](const auto& gone) { return gone.id == member.id; });
  }

  // Those of the chain that have a key; a chain that is the same for several members may hold one of them.
  std::vector<AssignedMember> read_chain(const AssignedMember& of, const std::vector<std::string>& chain,
                                         const std::string& pointer) {
    std::vector<AssignedMember> usable;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      auto member = member_named(chain[i], pointer_to(pointer, std::to_string(i)));
      if (!member) continue;
      member = MemberResolver::in_the_part_of(*std::move(member), of);
      if (member->id != of.id && providers_.find(member->provider)->key_present) usable.push_back(*member);
    }
    return usable;
  }

  void check_size() {
    const Workflow& workflow = *out_.workflow;
    if (workflow.per_member && usable_.size() < static_cast<std::size_t>(workflow.members_min)) {
      blame("/members",
            fmt::format("workflow \"{}\" needs at least {} members with a key, and there {} {}: name more as "
                        "<provider>/<model>",
                        workflow.name, workflow.members_min, usable_.size() == 1 ? "is" : "are", usable_.size()));
    }
    if (expanded_steps(workflow, usable_.size()) > expanded_steps_max) {
      blame("/members", fmt::format("with so many members workflow \"{}\" has more than {} steps", workflow.name,
                                    expanded_steps_max));
    }
  }

  // Every member answers; the roles beside them are filled from the members as well.
  void seat_everybody() {
    for (const AssignedMember& member : usable_) seat(member);
    const Workflow& workflow = *out_.workflow;
    std::size_t next = 0;
    for (std::size_t role = 0; role < workflow.roles.size(); ++role) {
      const bool is_chair = chairman_ && static_cast<int>(role) == *workflow.chairman_role;
      out_.role_members.push_back(is_chair ? seat(*chairman_) : next++ % usable_.size());
    }
    out_.workflow =
        std::make_shared<const Workflow>(expand(workflow, out_.role_members, usable_.size(), out_.options.quorum));
    for (std::size_t i = 0; i < usable_.size(); ++i) out_.role_members.push_back(i);
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

  void choose_search_engines() {
    if (out_.options.search == SearchMode::none) return;
    for (const core::ProviderInfo& provider : providers_.all()) {
      if (!provider.searches || !provider.key_present) continue;
      AssignedMember engine{provider.name, provider.name, "", {}, {}, {}};
      engine.price = core::ProviderInfo::ModelPrice{};  // no part of what models cost
      out_.search_engines.push_back(std::move(engine));
    }
    if (out_.search_engines.empty()) {
      blame("/options/search",
            "there is no search engine: set TAVILY_API_KEY, or add one to the configuration, for example "
            "[providers.duckduckgo] with kind = \"duckduckgo\"");
    }
  }

  // A cap that could not be kept would be worse than none.
  void check_prices() {
    const auto check = [this](const AssignedMember& member) {
      if (member.price) return;
      blame("/max_cost_usd",
            fmt::format("nothing is known of what {0} costs: give \"{1}/{2}\" a row in [prices] of the "
                        "configuration, or leave the cap out",
                        member.id, member.provider, member.model));
    };
    for (const AssignedMember& member : usable_) check(member);
    if (chairman_) check(*chairman_);
    for (const auto& [id, chain] : chains_) {
      for (const AssignedMember& member : chain) check(member);
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

  // Once: a chain that several members have is read for each of them.
  void blame(std::string pointer, std::string detail) {
    const auto same = [&](const ValidationError& fault) { return fault.pointer == pointer && fault.detail == detail; };
    if (std::any_of(faults_.begin(), faults_.end(), same)) return;
    faults_.push_back({std::move(pointer), std::move(detail)});
  }

  const TaskSpec& spec_;
  const core::ProviderDirectory& providers_;
  const MemberResolver names_;
  Assignment out_;
  std::vector<AssignedMember> usable_;
  std::optional<AssignedMember> chairman_;
  std::map<std::string, std::vector<AssignedMember>> chains_;  // by member
  std::set<std::string> missing_keys_;
  std::vector<ValidationError> faults_;
};

}  // namespace

TaskPlanner::TaskPlanner(std::shared_ptr<const Catalog> catalog, const core::ProviderDirectory& providers,
                         Personas personas)
    : current_(Current{std::move(catalog), std::nullopt}), providers_(providers), personas_(std::move(personas)) {}

std::string TaskPlanner::cache_key(const Assignment& assignment, const TaskSpec& spec) const {
  const auto is_offline = [this](const AssignedMember& member) {
    return providers_.find(member.provider)->kind == core::ProviderKind::offline;
  };
  if (std::any_of(assignment.members.begin(), assignment.members.end(), is_offline)) return {};
  return cache_key_of(assignment, spec, providers_);
}

std::variant<Assignment, std::vector<ValidationError>> TaskPlanner::assign(
    const TaskSpec& spec, std::shared_ptr<const Workflow> as_it_was) const {
  auto assigned = Assigner(spec, providers_, personas_).assign(*catalog(), std::move(as_it_was));
  if (auto* assignment = std::get_if<Assignment>(&assigned)) {
    assignment->history = history_;
    for (const Step& step : assignment->workflow->steps) {
      assignment->expected.push_back(
          history_->expected(history_key(*assignment, step), assignment->member_of(step).price));
    }
  }
  return assigned;
}

std::shared_ptr<const Catalog> TaskPlanner::catalog() const {
  return current_.with([](const Current& current) { return current.catalog; });
}

std::optional<Error> TaskPlanner::catalogue_fault() const {
  return current_.with([](const Current& current) { return current.fault; });
}

void TaskPlanner::use(std::shared_ptr<const Catalog> catalog) {
  // What was in use goes behind the lock: a whole catalog may end with it.
  Current next{std::move(catalog), std::nullopt};
  current_.with([&](Current& current) { std::swap(current, next); });
}

void TaskPlanner::note_fault(Error fault) {
  current_.with([&](Current& current) { current.fault = std::move(fault); });
}

}  // namespace plenum::workflow
