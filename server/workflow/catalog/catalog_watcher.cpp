#include "server/workflow/catalog/catalog_watcher.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>

namespace plenum::workflow {

namespace {

// An editor writes a file in several steps; a copy of many files takes longer.
constexpr milliseconds scan_delay{200};
// Detects what inotify does not report: another directory of the same name, a recreated one, a changed link.
constexpr milliseconds scan_period{2'000};
constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

using Versions = std::map<std::string, std::string>;

Versions versions_of(const Catalog& catalog) {
  Versions versions;
  for (const auto& workflow : catalog.all()) versions[workflow->name] = workflow->origin + " " + workflow->version;
  return versions;
}

std::vector<std::string> difference(const Versions& before, const Versions& after) {
  std::vector<std::string> names;
  for (const auto& [name, version] : after) {
    const auto earlier = before.find(name);
    if (earlier == before.end() || earlier->second != version) names.push_back(name);
  }
  for (const auto& [name, version] : before) {
    if (!after.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace

CatalogWatcher::CatalogWatcher(std::string directory, CurrentCatalog& catalog, runtime::EventLoop& loop,
                               std::function<void(const CatalogChange&)> on_change)
    : directory_(std::move(directory)),
      catalog_(catalog),
      loop_(loop),
      on_change_(std::move(on_change)),
      reader_(std::make_unique<runtime::ThreadPool>("workflows", 1, 2)) {}

CatalogWatcher::~CatalogWatcher() {
  reader_.reset();  // it uses the descriptor
  if (fd_ < 0) return;
  loop_.unwatch(fd_, *this);
  ::close(fd_);
}

void CatalogWatcher::start() {
  fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ >= 0 && !loop_.watch(fd_, EPOLLIN, *this)) {
    ::close(fd_);
    fd_ = -1;
  }
  scan_periodically();
}

void CatalogWatcher::reload() {
  loop_.post([this] {
    requested_ = true;
    scan(Scan::files);
  });
}

void CatalogWatcher::on_ready(std::uint32_t) {
  alignas(inotify_event) std::array<char, 4096> bytes{};
  for (ssize_t got = 0; (got = ::read(fd_, bytes.data(), bytes.size())) > 0;) {
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      if ((event.mask & IN_IGNORED) != 0 && event.wd == watch_) watch_lost_ = true;
      at += sizeof event + event.len;
    }
  }
  schedule_scan();
}

// Counted from the first change, not the last: a directory that changes all the time is read as well.
void CatalogWatcher::schedule_scan() {
  if (scan_timer_ != 0) return;
  scan_timer_ = loop_.after(scan_delay, [this] {
    scan_timer_ = 0;
    scan(Scan::files);
  });
}

void CatalogWatcher::scan_periodically() {
  scan(Scan::directory);
  loop_.after(scan_period, [this] { scan_periodically(); });
}

// One scan at a time; a request during a scan is served after it.
void CatalogWatcher::scan(Scan what) {
  if (scanning_) {
    scan_pending_ |= what == Scan::files;
    return;
  }
  scanning_ = reader_->submit([this, what] {
    const bool replaced = rewatch_if_replaced();
    std::optional<Result<Catalog>> read;
    if (what == Scan::files || replaced) read = Catalog::with_directory(directory_);
    loop_.post([this, read = std::move(read)]() mutable {
      scanning_ = false;
      if (read) apply(std::move(*read));
      if (std::exchange(scan_pending_, false)) scan(Scan::files);
    });
  });
}

// Whether the path refers to another directory than before, or to none; the files must be read then.
bool CatalogWatcher::rewatch_if_replaced() {
  struct stat now {};
  const bool exists = ::stat(directory_.c_str(), &now) == 0;
  const auto found = exists ? std::optional(std::pair(now.st_dev, now.st_ino)) : std::nullopt;
  const bool lost = watch_lost_.exchange(false);
  if (found == watched_ && !lost) return false;
  watched_ = found;
  // Cleared before the removal: the IN_IGNORED of a watch that is removed here would count as lost and restart
  // the scan forever.
  if (const int before = watch_.exchange(-1); before >= 0) ::inotify_rm_watch(fd_, before);
  watch_ = exists && fd_ >= 0 ? ::inotify_add_watch(fd_, directory_.c_str(), changes) : -1;
  if (exists && watch_ < 0) watch_lost_ = true;  // the system is out of watches: every scan reads the files
  return true;
}

void CatalogWatcher::apply(Result<Catalog> read) {
  CatalogChange change;
  change.requested = std::exchange(requested_, false);
  const auto before = catalog_.get();
  const auto known_error = catalog_.error();
  change.workflows = before->all().size();
  if (!read) {
    change.error = std::move(read.error());
    const bool is_known = known_error && known_error->message == change.error->message;
    catalog_.report_error(*change.error);
    if (change.requested || !is_known) on_change_(change);
    return;
  }
  auto catalog = std::make_shared<const Catalog>(std::move(*read));
  change.workflows = catalog->all().size();
  change.changed = difference(versions_of(*before), versions_of(*catalog));
  catalog_.replace(std::move(catalog));
  if (change.requested || known_error || !change.changed.empty()) on_change_(change);
}

}  // namespace plenum::workflow
