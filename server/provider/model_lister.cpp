// One Listing per provider fetches page after page on the loop; the lister publishes its result under the lock.
#include "server/provider/model_lister.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/core/default_models.h"
#include "server/provider/protocol/errors/error_classifier.h"
#include "server/provider/protocol/lists/model_list.h"
#include "server/provider/protocol/protocol.h"

namespace plenum::provider {

namespace {

constexpr std::size_t error_bytes_max = 16 * 1024;

const std::shared_ptr<const core::ModelList>& unknown_list() {
  static const auto none = std::make_shared<const core::ModelList>();
  return none;
}

bool is_listable(const RegistryEntry& entry) {
  return entry.info.key_present && protocol::lists_models(entry.info.kind);
}

// OpenRouter's prices are in its list only. An own address of the configuration is not called before it is needed.
bool prices_are_listed(const RegistryEntry& entry) {
  return entry.info.kind == core::ProviderKind::openrouter && entry.price_vendor == "openrouter";
}

std::vector<core::ModelPrice> live_prices(const core::ModelList& list) {
  constexpr double million = 1e6;
  const auto per_million = [](const std::optional<double>& usd) {
    return usd ? std::optional(*usd * million) : std::nullopt;
  };
  std::vector<core::ModelPrice> prices;
  for (const auto& model : list.models) {
    if (!model.prompt_usd || !model.completion_usd) continue;
    core::ModelPrice price{model.id, *model.prompt_usd * million, *model.completion_usd * million,
                           per_million(model.cache_read_usd), per_million(model.cache_write_usd)};
    price.request = model.request_usd.value_or(0);
    price.max_output = model.max_output;
    price.context = model.context;
    price.origin = core::PriceOrigin::live;
    prices.push_back(std::move(price));
  }
  return prices;
}

}  // namespace

// Calls the lister once, last: it destroys the listing.
class ModelLister::Listing final : private TransferListener {
 public:
  Listing(ModelLister& lister, const RegistryEntry& entry)
      : lister_(lister),
        entry_(entry),
        headers_(protocol::protocol_of(entry.info.kind)->key_header(), entry.key,
                 protocol::protocol_of(entry.info.kind)->headers()),
        due_(lister.loop_.clock().steady() + lister.options_.list_timeout) {
    timer_ = lister_.loop_.after(lister.options_.list_timeout, [this] {
      timer_ = 0;
      fail(Error{ErrorCode::timeout, fmt::format("the list of models was not complete within {} ms",
                                                 lister_.options_.list_timeout.count())});
    });
    resolve_host();
  }
  ~Listing() override { lister_.loop_.cancel(timer_); }

 private:
  void resolve_host() {
    const auto& host = dialed_host(entry_);
    if (needs_no_lookup(host)) return fetch_page();
    const auto resolved = [this](const Result<Addresses>& found) {
      if (!found) return fail(proxy_error(entry_.connection.proxy.get(), found.error()));
      pinned_ = pinned(dialed_host(entry_), dialed_port(entry_), *found);
      fetch_page();
    };
    // Both later: a listing must not end inside its constructor.
    if (const auto known = lister_.dns_cache_.find(host)) {
      return lister_.loop_.defer([resolved, found = *known, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) resolved(found);
      });
    }
    lookup_ = lister_.dns_cache_.fetch(host, resolved);
  }

  void fetch_page() {
    TransferRequest request;
    request.url = entry_.base.str() + protocol::model_list_path(entry_.info.kind, cursor_);
    request.headers = &headers_;
    request.pinned = pinned_;
    request.limits = entry_.limits;
    request.limits.response_bytes_max = lister_.options_.page_bytes_max;
    request.connection = &entry_.connection;
    request.first_token_due = due_;
    body_.clear();
    response_ = {};
    transfer_ = lister_.transfers_.post(std::move(request), *this);
  }

  void on_headers(const ResponseHeaders& headers) override { response_ = headers; }

  void on_bytes(std::string_view bytes) override {
    const bool failed = response_.status < 200 || response_.status > 299;
    const auto most = failed ? error_bytes_max : lister_.options_.page_bytes_max;
    body_.append(bytes.substr(0, most - std::min(most, body_.size())));
  }

  void on_done(std::optional<Error> broken) override {
    if (broken) return fail(*std::move(broken));
    if (response_.status >= 300 && response_.status < 400) {
      return fail(
          Error{ErrorCode::invalid_request,
                fmt::format("HTTP {}: the provider redirects, and redirects are not followed", response_.status),
                "Correct base_url: a key is sent to the configured host only."});
    }
    if (response_.status < 200 || response_.status > 299) {
      return fail(protocol::error_of_status(response_.status, body_));
    }
    auto page = protocol::parse_model_page(entry_.info.kind, body_);
    if (!page) return fail(std::move(page.error()));
    ++pages_;
    const auto space = core::ModelList::models_max - list_.models.size();
    const auto count = std::min(space, page->models.size());
    std::move(page->models.begin(), page->models.begin() + static_cast<std::ptrdiff_t>(count),
              std::back_inserter(list_.models));
    const bool more = !page->next.empty() && page->next != cursor_ && count < space;
    if (!more || pages_ == lister_.options_.pages_max) return finish();
    cursor_ = std::move(page->next);
    fetch_page();
  }

  void finish() {
    list_.listed_at = lister_.loop_.clock().wall();
    lister_.end(entry_, std::move(list_));
  }

  void fail(Error error) {
    error.message = protocol::user_facing_message(fmt::format("{}: {}", entry_.info.name, error.message),
                                                  lister_.options_.scrubber);
    core::ModelList failed;
    failed.error = std::move(error);
    lister_.end(entry_, std::move(failed));
  }

  ModelLister& lister_;
  const RegistryEntry& entry_;
  const RequestHeaders headers_;
  const SteadyTime due_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::string pinned_, cursor_, body_;
  ResponseHeaders response_;
  core::ModelList list_;
  int pages_ = 0;
  std::shared_ptr<void> lookup_;
  std::unique_ptr<Transfer> transfer_;
  runtime::TimerId timer_ = 0;
};

ModelLister::ModelLister(runtime::EventLoop& loop, const Registry& registry, ProviderLimitsSet& limits,
                         DnsLookupPool& dns_lookups, ModelListerOptions options)
    : loop_(loop),
      registry_(registry),
      limits_(limits),
      options_(std::move(options)),
      transfers_(loop, options_.transfer),
      dns_cache_(loop, dns_lookups, options_.dns_cache) {}

ModelLister::~ModelLister() = default;

void ModelLister::start() {
  std::vector<const RegistryEntry*> entries;
  for (const auto& entry : registry_.entries()) {
    if (is_listable(entry) && (core::default_needs_list(entry.info) || prices_are_listed(entry)))
      entries.push_back(&entry);
  }
  {
    const MutexLock lock(mutex_);
    settle_due_ = loop_.clock().steady() + options_.settle_timeout;
  }
  request(entries);
}

void ModelLister::stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  ended_.notify_all();
}

std::shared_ptr<const core::ModelList> ModelLister::of(std::string_view provider) const {
  const MutexLock lock(mutex_);
  const auto found = lists_.find(provider);
  return found == lists_.end() ? unknown_list() : found->second;
}

bool ModelLister::is_missing(std::string_view provider, std::string_view model) const {
  return registry_.find(provider) != nullptr && limits_.of(provider).missing_models.contains(model);
}

void ModelLister::settle() const {
  SteadyTime due;
  {
    const MutexLock lock(mutex_);
    due = settle_due_;
  }
  wait_until(due);
}

void ModelLister::refresh() {
  {
    const MutexLock lock(mutex_);
    if (waiting_ >= options_.waiting_max) return;
    ++waiting_;
  }
  std::vector<const RegistryEntry*> entries;
  for (const auto& entry : registry_.entries()) {
    if (is_listable(entry)) entries.push_back(&entry);
  }
  request(entries);
  wait_until(loop_.clock().steady() + options_.list_timeout + std::chrono::seconds(1));
  const MutexLock lock(mutex_);
  --waiting_;
}

void ModelLister::request(const std::vector<const RegistryEntry*>& entries) {
  for (const auto* entry : entries) {
    {
      const MutexLock lock(mutex_);
      if (!requested_.insert(entry->info.name).second) continue;
    }
    loop_.post([this, entry] { begin(*entry); });
  }
}

void ModelLister::begin(const RegistryEntry& entry) {
  loop_.assert_on_thread();
  listings_[entry.info.name] = std::make_unique<Listing>(*this, entry);
}

void ModelLister::end(const RegistryEntry& entry, core::ModelList list) {
  const auto& name = entry.info.name;
  if (!list.error) {
    limits_.of(name).missing_models.clear();
    entry.prices->set_live(live_prices(list));
  }
  const auto ended = listings_.extract(name);  // destroyed last: this is one of its callbacks
  const MutexLock lock(mutex_);
  const auto earlier = lists_.find(name);
  if (list.error && earlier != lists_.end()) {
    auto older = *earlier->second;
    older.error = std::move(list.error);
    list = std::move(older);
  }
  lists_.insert_or_assign(name, std::make_shared<const core::ModelList>(std::move(list)));
  requested_.erase(name);
  ended_.notify_all();
}

void ModelLister::wait_until(SteadyTime deadline) const {
  MutexLock lock(mutex_);
  while (!stopped_ && !requested_.empty() && ended_.wait_until(mutex_, deadline)) {
  }
}

}  // namespace plenum::provider
