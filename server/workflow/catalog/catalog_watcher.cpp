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

// An editor writes in several steps, a copy of many files in many.
constexpr milliseconds settle{200};
// For what inotify does not tell: another directory under the same name, one that comes back, a link.
constexpr milliseconds look_every{2'000};
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

CatalogWatcher::CatalogWatcher(std::string directory, TaskPlanner& engine, runtime::EventLoop& loop,
                               std::function<void(const CatalogChange&)> tell)
    : directory_(std::move(directory)),
      planner_(engine),
      loop_(loop),
      tell_(std::move(tell)),
      helper_(std::make_unique<runtime::ThreadPool>("workflows", 1, 2)) {}

CatalogWatcher::~CatalogWatcher() {
  helper_.reset();  // it uses the descriptor
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
  look_now_and_then();
}

void CatalogWatcher::read_again() {
  loop_.post([this] {
    asked_ = true;
    look(Look::at_files);
  });
}

void CatalogWatcher::on_ready(std::uint32_t) {
  alignas(inotify_event) std::array<char, 4096> bytes{};
  for (ssize_t got = 0; (got = ::read(fd_, bytes.data(), bytes.size())) > 0;) {
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      if ((event.mask & IN_IGNORED) != 0 && event.wd == watch_) lost_ = true;
      at += sizeof event + event.len;
    }
  }
  look_soon();
}

// From the first change, not the last: a directory that never rests is read all the same.
void CatalogWatcher::look_soon() {
  if (soon_ != 0) return;
  soon_ = loop_.after(settle, [this] {
    soon_ = 0;
    look(Look::at_files);
  });
}

void CatalogWatcher::look_now_and_then() {
  look(Look::at_directory);
  loop_.after(look_every, [this] { look_now_and_then(); });
}

// One look at a time; what is asked for meanwhile is done behind it.
void CatalogWatcher::look(Look at) {
  if (looking_) {
    again_ |= at == Look::at_files;
    return;
  }
  looking_ = helper_->submit([this, at] {
    const bool other_directory = watches_anew();
    std::optional<Result<Catalog>> read;
    if (at == Look::at_files || other_directory) read = Catalog::with_directory(directory_);
    loop_.post([this, read = std::move(read)]() mutable {
      looking_ = false;
      if (read) seen(std::move(*read));
      if (std::exchange(again_, false)) look(Look::at_files);
    });
  });
}

// Whether the name means another directory than it did, or none any more; the files are to be read then.
bool CatalogWatcher::watches_anew() {
  struct stat now {};
  const bool is_there = ::stat(directory_.c_str(), &now) == 0;
  const auto found = is_there ? std::optional(std::pair(now.st_dev, now.st_ino)) : std::nullopt;
  const bool lost = lost_.exchange(false);
  if (found == watched_ && !lost) return false;
  watched_ = found;
  // Taken back first: what the kernel says of a watch that we remove is no loss, or we would begin anew for ever.
  if (const int before = watch_.exchange(-1); before >= 0) ::inotify_rm_watch(fd_, before);
  watch_ = is_there && fd_ >= 0 ? ::inotify_add_watch(fd_, directory_.c_str(), changes) : -1;
  if (is_there && watch_ < 0) lost_ = true;  // the system has no watch left: every look reads the files
  return true;
}

void CatalogWatcher::seen(Result<Catalog> read) {
  CatalogChange news;
  news.asked = std::exchange(asked_, false);
  const auto before = planner_.catalog();
  const auto known_fault = planner_.catalogue_fault();
  news.workflows = before->all().size();
  if (!read) {
    news.fault = std::move(read.error());
    const bool is_known = known_fault && known_fault->message == news.fault->message;
    planner_.note_fault(*news.fault);
    if (news.asked || !is_known) tell_(news);
    return;
  }
  auto catalog = std::make_shared<const Catalog>(std::move(*read));
  news.workflows = catalog->all().size();
  news.changed = difference(versions_of(*before), versions_of(*catalog));
  planner_.use(std::move(catalog));
  if (news.asked || known_fault || !news.changed.empty()) tell_(news);
}

}  // namespace plenum::workflow
