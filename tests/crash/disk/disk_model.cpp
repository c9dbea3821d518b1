#include "tests/crash/disk/disk_model.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace plenum::tests {

namespace {

std::string directory_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "." : name.substr(0, slash);
}

}  // namespace

void DiskModel::apply(const DiskOp& op) {
  auto place = seen_.find(op.name);
  switch (op.kind) {
    case DiskOpKind::marker:
    case DiskOpKind::fault:
      return;
    case DiskOpKind::create:
      return change_name(op.name, std::make_shared<File>());
    case DiskOpKind::unlink:
      return change_name(op.name, nullptr);
    case DiskOpKind::rename: {
      if (place == seen_.end()) return;
      auto file = place->second;
      change_name(op.bytes, file);
      return change_name(op.name, nullptr);
    }
    default:
      break;
  }
  if (op.directory) {
    if (op.kind == DiskOpKind::sync_done) sync_names(op.name);
    return;
  }
  if (place == seen_.end()) {
    // It was there before the trace began, empty for all we know.
    change_name(op.name, std::make_shared<File>());
    place = seen_.find(op.name);
  }
  File& file = *place->second;
  if (op.kind == DiskOpKind::write || op.kind == DiskOpKind::truncate) {
    Change change{.truncates = op.kind == DiskOpKind::truncate, .offset = op.offset, .bytes = op.bytes};
    make(change, change.bytes.size(), file.seen);
    file.waiting.push_back(std::move(change));
  } else if (op.kind == DiskOpKind::sync_begin) {
    file.sync_from[op.thread] = file.waiting.size();
  } else {
    finish_sync(file, op.thread, op.kind == DiskOpKind::sync_done);
  }
}

void DiskModel::finish_sync(File& file, std::uint32_t thread, bool well) {
  const std::size_t count = std::min(file.sync_from[thread], file.waiting.size());
  file.sync_from.erase(thread);
  if (!well) {
    // Some of it may have reached the disk before the failure; the rest is gone for good.
    for (std::size_t i = 0; i < count; ++i) file.waiting[i].doomed = file.waiting[i].doomed || random_() % 4 != 0;
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!file.waiting[i].doomed) make(file.waiting[i], file.waiting[i].bytes.size(), file.durable);
  }
  file.waiting.erase(file.waiting.begin(), file.waiting.begin() + static_cast<std::ptrdiff_t>(count));
  for (auto& [other, from] : file.sync_from) from -= std::min(from, count);
}

void DiskModel::change_name(const std::string& name, std::shared_ptr<File> file) {
  if (file) {
    seen_[name] = file;
  } else {
    seen_.erase(name);
  }
  waiting_.push_back({name, std::move(file)});
}

void DiskModel::sync_names(const std::string& directory) {
  auto here = [&](const NameChange& change) { return directory_of(change.name) == directory; };
  for (const NameChange& change : waiting_) {
    if (!here(change)) continue;
    if (change.file) {
      durable_[change.name] = change.file;
    } else {
      durable_.erase(change.name);
    }
  }
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), here), waiting_.end());
}

// The first `bytes` bytes of the change, or all of a truncation.
void DiskModel::make(const Change& change, std::size_t bytes, std::string& content) {
  if (change.truncates) {
    content.resize(change.offset);
    return;
  }
  if (content.size() < change.offset + bytes) content.resize(change.offset + bytes);
  content.replace(change.offset, bytes, change.bytes, 0, bytes);
}

DiskImage DiskModel::after_power_loss(Loss loss) {
  Names names = durable_;
  // A journal keeps names in order: some of the last changes are missing, none in between.
  std::size_t survivors = loss == Loss::by_chance && !waiting_.empty() ? random_() % (waiting_.size() + 1) : 0;
  for (std::size_t i = 0; i < survivors; ++i) {
    if (waiting_[i].file) {
      names[waiting_[i].name] = waiting_[i].file;
    } else {
      names.erase(waiting_[i].name);
    }
  }
  DiskImage image;
  for (const auto& [name, file] : names) {
    std::string content = file->durable;
    // Sometimes nearly all of it has arrived, sometimes nearly nothing.
    const std::uint64_t in_eight = loss == Loss::by_chance ? random_() % 9 : 0;
    std::vector<const Change*> arrived;
    for (const Change& change : file->waiting) {
      if (random_() % 8 < in_eight) arrived.push_back(&change);
    }
    for (const Change* change : arrived) {
      std::size_t bytes = change->bytes.size();
      if (change == arrived.back() && !change->truncates && random_() % 2 == 0) {
        // Torn between two sectors of the disk, which need not be where the write began.
        const std::uint64_t end = change->offset + random_() % (bytes + 1);
        bytes = end / sector * sector > change->offset ? end / sector * sector - change->offset : 0;
      }
      if (bytes > 0 || change->truncates) make(*change, bytes, content);
    }
    image[name] = std::move(content);
  }
  return image;
}

DiskImage DiskModel::as_seen() const {
  DiskImage image;
  for (const auto& [name, file] : seen_) image[name] = file->seen;
  return image;
}

void write_image(const DiskImage& image, const std::string& directory) {
  for (const auto& [name, content] : image) {
    const std::filesystem::path path = std::filesystem::path(directory) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
}

}  // namespace plenum::tests
