#include "tests/simulation/sim_models.h"

#include <utility>

namespace plenum::simulation {
namespace {

constexpr int spare_calls_max = 2;

std::vector<provider::ProviderLimitsOptions> limits_of(const core::ProviderDirectory& directory) {
  std::vector<provider::ProviderLimitsOptions> all;
  for (const auto& info : directory.all()) {
    provider::ProviderLimitsOptions options;
    options.provider = info.name;
    options.concurrency.concurrent_requests_max = info.concurrent_requests_max;
    all.push_back(std::move(options));
  }
  return all;
}

// Aborts the attempt when it is destroyed.
struct Handle final : core::ChatCall {
  explicit Handle(std::shared_ptr<SimModels::Attempt> of) : attempt(std::move(of)) {}
  ~Handle() override { attempt->listener = nullptr; }
  std::shared_ptr<SimModels::Attempt> attempt;
};

}  // namespace

SimDirectory::SimDirectory() {
  for (const char* name : {"bench", "spare"}) {
    core::ProviderInfo info;
    info.name = name;
    info.kind = core::ProviderKind::openai;
    info.key_present = true;
    info.default_models = {"m"};
    if (info.name == "spare") info.concurrent_requests_max = spare_calls_max;
    infos_.push_back(std::move(info));
  }
}

const core::ProviderInfo* SimDirectory::find(std::string_view name) const {
  for (const auto& info : infos_) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

std::string SimModels::Attempt::prompt() const {
  std::string all;
  for (const auto& message : request.messages) all += message.content + '\n';
  return all;
}

class SimModels::Client final : public core::ModelClient {
 public:
  Client(SimModels& models, std::string provider) : models_(models), provider_(std::move(provider)) {}

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::DeltaListener& deltas,
                                        core::AttemptListener& listener) override {
    auto attempt = std::make_shared<Attempt>(Attempt{provider_, std::move(request), &deltas, &listener});
    models_.on_start_(*attempt);
    std::erase_if(models_.attempts_, [](const auto& weak) { return weak.expired(); });
    models_.attempts_.push_back(attempt);
    return std::make_unique<Handle>(std::move(attempt));
  }

 private:
  SimModels& models_;
  const std::string provider_;
};

SimModels::SimModels(runtime::EventLoop& loop, const core::ProviderDirectory& directory, std::uint64_t seed,
                     OnStart on_start)
    : loop_(loop), on_start_(std::move(on_start)), limits_(limits_of(directory)) {
  for (const auto& info : directory.all()) {
    providers_[info.name] = std::make_unique<provider::ResilientProvider>(
        loop_, limits_.of(info.name), std::make_unique<Client>(*this, info.name), seed++);
  }
}

SimModels::~SimModels() = default;

std::unique_ptr<core::ChatCall> SimModels::start(std::string_view provider, core::ChatRequest request,
                                                 core::ChatListener& listener) {
  return providers_.find(provider)->second->start(std::move(request), listener);
}

std::vector<std::shared_ptr<SimModels::Attempt>> SimModels::open_attempts() {
  std::vector<std::shared_ptr<Attempt>> open;
  for (const auto& weak : attempts_) {
    if (auto attempt = weak.lock(); attempt && attempt->open()) open.push_back(std::move(attempt));
  }
  return open;
}

void SimModels::speak(const std::shared_ptr<Attempt>& attempt, std::string_view text) {
  attempt->any_delta = true;
  attempt->deltas->on_text(text);
}

void SimModels::finish(const std::shared_ptr<Attempt>& attempt) {
  core::AttemptEnd end;
  end.end.ok = end.end.orderly = true;
  end.end.finish_reason = "stop";
  end.end.any_delta = attempt->any_delta;
  std::exchange(attempt->listener, nullptr)->on_attempt_end(std::move(end));
}

void SimModels::fail(const std::shared_ptr<Attempt>& attempt, ErrorCode code) {
  core::AttemptEnd end;
  end.end.any_delta = attempt->any_delta;
  end.end.error = Error{code, "A simulated failure.", "Wait."};
  std::exchange(attempt->listener, nullptr)->on_attempt_end(std::move(end));
}

}  // namespace plenum::simulation
