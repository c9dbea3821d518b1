#include "server/app/app.h"

#include <fmt/format.h>

#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "server/app/process.h"
#include "server/config/config_load.h"
#include "server/telemetry/log.h"
#include "server/telemetry/logging.h"

namespace plenum::app {

namespace {

constexpr std::size_t lookups_waiting_max = 256;
constexpr auto tidy_period = seconds(5);
constexpr auto last_words = milliseconds(1000);  // for runs to say how they ended, after the drain

template <class T>
std::vector<T*> pointers(const std::vector<std::unique_ptr<T>>& owned) {
  std::vector<T*> seen;
  for (const auto& one : owned) seen.push_back(one.get());
  return seen;
}

Result<std::unique_ptr<core::EventStore>> open_store(const config::Config& config, runtime::EventLoopGroup& loops,
                                                     const Clock& clock) {
  if (config.store == "memory") return nullptr;
  auto options = sqlite_options(config, std::getenv);
  options.boot_id = storage::boot_id();
  return storage::SqliteStore::open(loops, clock, std::move(options)).map([](auto&& opened) {
    return std::unique_ptr<core::EventStore>(std::move(opened));
  });
}

std::size_t hosts_of(const provider::Registry& registry) {
  std::set<std::string> hosts;
  for (const auto& entry : registry.entries()) hosts.insert(entry.base.host);
  return hosts.size();
}

std::shared_ptr<core::AnswerCache> answer_cache(const config::Config& config, const Clock& clock) {
  const auto options = cache_options(config);
  return options.bytes_max == 0 ? nullptr : std::make_shared<storage::MemoryCache>(clock, options);
}

Result<workflow::Catalog> read_catalog(const std::string& directory) {
  if (directory.empty()) return workflow::Catalog::built_in();
  return workflow::Catalog::with_directory(directory).map_error([](Error error) {
    error.message = "workflows_dir: " + error.message;
    return error;
  });
}

void say_workflows(const workflow::CatalogChange& news) {
  if (news.fault) {
    log::error("workflows: {}. {} Those read before stay in use.", news.fault->message, news.fault->advice());
  } else {
    log::info("workflows: read again; {} in use, {} changed{}{}", news.workflows, news.changed.size(),
              news.changed.empty() ? "" : ": ", fmt::join(news.changed, ", "));
  }
}

}  // namespace

Result<std::unique_ptr<App>> App::build(const config::Config& config) {
  auto registry = provider::Registry::from(
      config.providers, [](const char* name) { return std::getenv(name); }, registry_options(config));
  if (!registry) return Failure(std::move(registry.error()));
  for (const auto& entry : registry->entries()) wipe_variable(entry.info.key_env);
  auto catalog = read_catalog(config.workflows_dir);
  if (!catalog) return Failure(std::move(catalog.error()));
  std::unique_ptr<App> app(new App(config, std::move(*registry), std::move(*catalog)));
  if (!app->store_) return Failure(std::move(app->store_.error()));
  return app;
}

App::App(const config::Config& config, provider::Registry registry, workflow::Catalog catalog)
    : options_(app_options(config)),
      registry_(std::move(registry)),
      gates_(registry_, breaker_options(config)),
      scrubber_(registry_.keys()),
      planner_(std::make_shared<const workflow::Catalog>(std::move(catalog)), registry_, config.personas),
      loops_(clock_, options_.loops),
      lookups_("look-up", provider::dns_lookup_threads(hosts_of(registry_)), lookups_waiting_max),
      names_(lookups_),
      providers_([&] {
        std::vector<std::unique_ptr<provider::ProviderSet>> made;
        for (unsigned i = 0; i < loops_.count(); ++i) {
          auto options = provider_options(config, scrubber_);
          options.seed = std::random_device()();
          made.push_back(
              std::make_unique<provider::ProviderSet>(loops_.at(i), registry_, gates_, names_, std::move(options)));
        }
        return made;
      }()),
      store_(open_store(config, loops_, clock_)),
      streams_(
          loops_, clock_,
          [options = memory_log_options(config)] { return std::make_unique<storage::MemoryLog>(options); },
          manager_options(config, scrubber_), store_ ? store_->get() : nullptr),
      tasks_(
          loops_, streams_, planner_,
          [&] {
            std::vector<core::Providers*> seen;
            for (const auto& set : providers_) seen.push_back(set.get());
            return seen;
          }(),
          [&] {
            auto options = task_options(config, scrubber_);
            options.cache = answer_cache(config, clock_);
            return options;
          }()),
      tidying_("tidying", 1, 1) {
  telemetry::scrub_log(log_options(config).json, scrubber_);
  for (unsigned i = 0; i < loops_.count(); ++i) {
    deliveries_.push_back(std::make_unique<http::Broadcaster>(loops_.at(i), delivery_options(config, scrubber_)));
  }
  door_ = std::make_unique<http::HttpServer>(loops_, tasks_, registry_, gates_, pointers(deliveries_),
                                             door_options(config, scrubber_));
  for (const auto& note : registry_.notes()) log::info("{}", note);
}

App::~App() { stop(); }

Result<std::string> App::start() {
  const auto address = config::parse_listen(options_.listen);
  if (!address) return Failure(address.error());
  const auto& [host, wished_port] = *address;
  const auto port = door_->listen(host, wished_port);
  if (!port) return Failure(port.error());
  if (!options_.workflows_dir.empty()) {
    watch_ = std::make_unique<workflow::CatalogWatcher>(options_.workflows_dir, planner_, loops_.at(0), say_workflows);
    watch_->start();
  }
  if (const auto taken_up = tasks_.recover(options_.on_restart); !taken_up) return Failure(taken_up.error());
  for (auto& delivery : deliveries_) delivery->start();
  tidy_every(tidy_period);
  door_->start();
  loops_.start();
  running_ = true;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", *port);
}

void App::tidy_every(std::chrono::seconds period) {
  loops_.at(0).after(period, [this, period] {
    const bool begun = tidying_.submit([this] {
      streams_.reap();
      tasks_.cancel_abandoned(clock_.steady());
    });
    if (!begun) log::warning("the last round of tidying is not over yet: the disk is slow");
    tidy_every(period);
  });
}

// What still runs is taken up by the next process.
bool App::goes_on_later() const {
  return store_ && *store_ != nullptr && options_.on_restart == task::OnRestart::resume;
}

bool App::quiet() const { return streams_.unfinished().empty() && streams_.counts().subscribers == 0; }

void App::read_workflows_again() {
  if (watch_) return watch_->read_again();
  log::info("asked to read workflows again, but there is no workflows_dir: all of them are built in");
}

void App::drain(const std::function<bool(milliseconds wait)>& hurry) {
  tasks_.begin_drain();
  log::info("draining for at most {} ms", options_.drain.count());
  for (unsigned i = 0; i < loops_.count(); ++i) {
    loops_.at(i).post([delivery = deliveries_[i].get(), window = options_.drain] { delivery->drain(window); });
  }
  const SteadyTime end = clock_.steady() + options_.drain;
  while (clock_.steady() < end && !quiet() && !hurry(milliseconds(50))) {
  }
}

void App::stop() {
  if (!running_) return;
  running_ = false;
  door_->stop_accepting();
  if (!goes_on_later()) tasks_.stop_all("the server stopped");
  const SteadyTime end = clock_.steady() + last_words;
  while (!goes_on_later() && clock_.steady() < end && !streams_.unfinished().empty())
    std::this_thread::sleep_for(milliseconds(5));
  loops_.stop();
  tasks_.drop_runs();
  door_->stop();
}

}  // namespace plenum::app
