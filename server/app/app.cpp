#include "server/app/app.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "server/config/config_load.h"
#include "server/provider/prices/price_files.h"
#include "server/telemetry/log.h"
#include "server/telemetry/logging.h"

namespace plenum::app {

namespace {

constexpr std::size_t lookup_queue_max = 256;
constexpr auto cleanup_period = seconds(5);
constexpr auto final_events_timeout = milliseconds(1000);  // for runs to emit their terminal events, after the drain

template <class Interface, class T>
std::vector<Interface*> pointers(const std::vector<std::unique_ptr<T>>& owned) {
  std::vector<Interface*> all;
  for (const auto& one : owned) all.push_back(one.get());
  return all;
}

Result<std::unique_ptr<core::EventStore>> open_store(const config::Config& config, runtime::EventLoopGroup& loops,
                                                     const Clock& clock) {
  if (config::store_kind(config.store) == core::StoreKind::memory) return nullptr;
  auto options = sqlite_options(config, std::getenv);
  options.boot_id = storage::boot_id();
  return storage::SqliteStore::open(loops, clock, std::move(options)).map([](auto&& opened) {
    return std::unique_ptr<core::EventStore>(std::move(opened));
  });
}

// Of a proxy without credentials nothing is secret.
void wipe_credentials(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value != nullptr && std::string_view(value).find('@') != std::string_view::npos) wipe_variable(variable);
}

std::size_t host_count(const provider::Registry& registry) {
  std::set<std::string> hosts;
  for (const auto& entry : registry.entries()) hosts.insert(provider::dialed_host(entry));
  return hosts.size();
}

Result<workflow::Catalog> read_catalog(const std::string& directory) {
  if (directory.empty()) return workflow::Catalog::built_in();
  return workflow::Catalog::with_directory(directory).map_error([](Error error) {
    error.message = "workflows_dir: " + error.message;
    return error;
  });
}

std::optional<Error> check_default_workflow(const workflow::Catalog& catalog, const std::string& name) {
  if (name == workflow::automatic_workflow || catalog.find(name)) return std::nullopt;
  return Error{ErrorCode::config_invalid, fmt::format("default_workflow: there is no workflow \"{}\"", name),
               "Name a workflow that `plenum workflows` lists, or `auto`."};
}

void log_catalog_change(const workflow::CatalogChange& change) {
  if (change.error) {
    log::error("workflows: {}. {} The previous workflows remain in use.", change.error->message,
               change.error->advice());
  } else {
    log::info("workflows: reloaded; {} in use, {} changed{}{}", change.workflows, change.changed.size(),
              change.changed.empty() ? "" : ": ", fmt::join(change.changed, ", "));
  }
}

}  // namespace

Result<std::unique_ptr<App>> App::build(const config::Config& config, StopGuard& stop) {
  auto prices = provider::read_price_file(config.prices_file);
  if (!prices) return Failure(std::move(prices.error()));
  auto options = registry_options(config);
  options.price_file = std::move(*prices);
  auto registry = provider::Registry::from(
      config.providers, [](const char* name) { return std::getenv(name); }, options);
  if (!registry) return Failure(std::move(registry.error()));
  for (const auto& entry : registry->entries()) wipe_variable(entry.info.key_env);
  for (const auto& name : provider::proxy_variables()) wipe_credentials(name);
  const auto embeddings = provider_options(config, redaction::Scrubber()).embeddings;
  if (const auto usable = provider::check_embeddings(*registry, embeddings); !usable) return Failure(usable.error());
  auto catalog = read_catalog(config.workflows_dir);
  if (!catalog) return Failure(std::move(catalog.error()));
  if (const auto exempt = http::AddressSet::parse(config.connections_per_address_exempt); !exempt) {
    Error error = exempt.error();
    error.message = "connections_per_address_exempt: " + error.message;
    return Failure(std::move(error));
  }
  if (auto error = check_default_workflow(*catalog, config.default_workflow)) return Failure(*std::move(error));
  std::unique_ptr<App> app(new App(config, stop, std::move(*registry), std::move(*catalog)));
  if (!app->store_) return Failure(std::move(app->store_.error()));
  return app;
}

App::App(const config::Config& config, StopGuard& stop, provider::Registry registry, workflow::Catalog catalog)
    : options_(app_options(config)),
      stop_(stop),
      memory_(std::make_shared<runtime::MemoryBudget>(options_.memory_max)),
      registry_(std::move(registry)),
      limits_(registry_.limits(breaker_options(config))),
      scrubber_(registry_.keys()),
      catalog_(std::make_shared<const workflow::Catalog>(std::move(catalog))),
      loops_(clock_, options_.loops),
      dns_threads_("dns", provider::dns_lookup_threads(host_count(registry_)), lookup_queue_max),
      dns_lookups_(dns_threads_),
      providers_(build_providers(config)),
      model_lister_(loops_.at(0), registry_, limits_, dns_lookups_, model_lister_options(scrubber_)),
      directory_(registry_, model_lister_),
      planner_(catalog_, directory_, planner_options(config)),
      store_(open_store(config, loops_, clock_)),
      streams_(
          loops_, clock_,
          [options = memory_log_options(config)] { return std::make_unique<storage::MemoryLog>(options); },
          manager_options_of(config), store_ ? store_->get() : nullptr),
      tasks_(loops_, streams_, planner_, pointers<core::Providers>(providers_), task_options_of(config)),
      trimmer_(memory_),
      cleanup_("cleanup", 1, 1) {
  telemetry::scrub_log(log_options(config).json, scrubber_);
  build_broadcasters(config);
  auto server_options = http_server_options(config, scrubber_);
  server_options.memory = memory_;
  server_ = std::make_unique<http::HttpServer>(loops_, tasks_, directory_, limits_,
                                               pointers<http::Broadcaster>(broadcasters_), std::move(server_options));
  for (const auto& note : registry_.notes()) log::info("{}", note);
  if (const auto note = core::age_note(registry_.price_file(), clock_.wall()); !note.empty()) {
    log::warning("{}", note);
  }
}

App::~App() { stop(); }

std::vector<std::unique_ptr<provider::ProviderSet>> App::build_providers(const config::Config& config) {
  std::vector<std::unique_ptr<provider::ProviderSet>> sets;
  for (unsigned i = 0; i < loops_.count(); ++i) {
    auto options = provider_options(config, scrubber_);
    options.seed = std::random_device()();
    sets.push_back(
        std::make_unique<provider::ProviderSet>(loops_.at(i), registry_, limits_, dns_lookups_, std::move(options)));
  }
  return sets;
}

stream::ManagerOptions App::manager_options_of(const config::Config& config) {
  auto options = manager_options(config, scrubber_);
  options.memory = memory_;
  options.on_idle = [this] { stop_.main_wake_up().notify(); };
  return options;
}

task::TaskServiceOptions App::task_options_of(const config::Config& config) {
  auto options = task_options(config, scrubber_);
  auto cache = cache_options(config);
  cache.bytes_max = std::min(cache.bytes_max, memory_->share_of(runtime::MemoryKind::answers));
  core::AnswerStore* const answers = store_ && *store_ ? (*store_)->answers() : nullptr;
  if (cache.bytes_max > 0) {
    options.cache = cache_ = std::make_shared<storage::MemoryCache>(clock_, cache, answers);
  } else if (answers != nullptr) {
    answers->load_answers([](const core::StoredAnswer&) { return false; });  // deletes what an earlier process cached
  }
  return options;
}

void App::build_broadcasters(const config::Config& config) {
  for (unsigned i = 0; i < loops_.count(); ++i) {
    auto options = broadcaster_options(config, scrubber_);
    options.store = store_name();
    options.memory = memory_;
    broadcasters_.push_back(std::make_unique<http::Broadcaster>(loops_.at(i), std::move(options)));
  }
}

std::string_view App::store_name() const { return core::store_name(store_ ? store_->get() : nullptr); }

Result<std::string> App::start() {
  const auto address = config::parse_listen(options_.listen);
  if (!address) return Failure(address.error());
  const auto& [host, requested_port] = *address;
  const auto port = server_->listen(host, requested_port);
  if (!port) return Failure(port.error());
  if (!options_.workflows_dir.empty()) {
    catalog_watcher_ =
        std::make_unique<workflow::CatalogWatcher>(options_.workflows_dir, catalog_, loops_.at(0), log_catalog_change);
    catalog_watcher_->start();
  }
  if (const auto recovered = tasks_.recover(options_.on_restart); !recovered) return Failure(recovered.error());
  for (auto& broadcaster : broadcasters_) broadcaster->start();
  clean_up_every(cleanup_period);
  model_lister_.start();
  server_->start();
  loops_.start();
  running_ = true;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", *port);
}

void App::clean_up_every(std::chrono::seconds period) {
  loops_.at(0).after(period, [this, period] {
    const bool submitted = cleanup_.submit([this] {
      streams_.reap();
      tasks_.cancel_abandoned(clock_.steady());
      if (cache_) memory_->set(runtime::MemoryKind::answers, cache_->bytes_held());
      trimmer_.run();
    });
    if (!submitted) log::warning("the previous cleanup is still running: the disk is slow");
    clean_up_every(period);
  });
}

// Unfinished runs are resumed by the next process.
bool App::runs_resume_later() const {
  return store_ && *store_ != nullptr && options_.on_restart == task::OnRestart::resume;
}

bool App::is_idle() const { return streams_.unfinished().empty() && streams_.counts().subscribers == 0; }

ServerActivity App::activity() const {
  const auto http = server_->stats();
  return {streams_.unfinished().size(), streams_.counts().subscribers + http.subscribers, http.requests};
}

void App::wait_for_end() {
  IdleMonitor idle(options_.idle_exit, clock_.steady());
  while (stop_.stop_requests() == 0) {
    stop_.main_wake_up().wait(idle.enabled() ? std::optional(idle.check_period()) : std::nullopt);
    if (stop_.take_reload()) reload();
    if (!idle.enabled() || stop_.stop_requests() > 0 || !idle.expired(activity(), clock_.steady())) continue;
    log::info("stopping: no task, subscriber or request for {} ms", options_.idle_exit.count());
    return stop_.begin_stop();
  }
}

void App::reload() {
  reload_prices();
  reload_workflows();
}

void App::reload_prices() {
  if (options_.prices_file.empty()) return;
  const auto file = provider::read_price_file(options_.prices_file);
  if (!file) {
    return log::error("prices: {}. {} The previous prices remain in use.", file.error().message, file.error().advice());
  }
  registry_.set_price_file(*file);
  log::info("prices: reloaded; version {} of {}", file->info.version, file->info.date);
}

void App::reload_workflows() {
  if (catalog_watcher_) return catalog_watcher_->reload();
  log::info("workflows: nothing to reload: workflows_dir is not set");
}

void App::drain() {
  tasks_.begin_drain();
  log::info("draining for at most {} ms", options_.shutdown_grace.count());
  for (unsigned i = 0; i < loops_.count(); ++i) {
    loops_.at(i).post(
        [broadcaster = broadcasters_[i].get(), grace = options_.shutdown_grace] { broadcaster->drain(grace); });
  }
  server_->drain(options_.shutdown_grace);
  const SteadyTime end = clock_.steady() + options_.shutdown_grace;
  while (clock_.steady() < end && !is_idle() && stop_.stop_requests() < 2) {
    stop_.main_wake_up().wait(std::chrono::ceil<milliseconds>(end - clock_.steady()));
  }
}

void App::stop() {
  if (!running_) return;
  running_ = false;
  server_->stop_accepting();
  model_lister_.stop();
  if (!runs_resume_later()) tasks_.stop_all("the server stopped");
  const SteadyTime end = clock_.steady() + final_events_timeout;
  while (!runs_resume_later() && clock_.steady() < end && stop_.stop_requests() < 2 && !streams_.unfinished().empty()) {
    stop_.main_wake_up().wait(std::chrono::ceil<milliseconds>(end - clock_.steady()));
  }
  loops_.stop();
  tasks_.discard_runs();
  server_->stop();
}

}  // namespace plenum::app
