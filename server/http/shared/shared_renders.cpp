#include "server/http/shared/shared_renders.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace plenum::http {
namespace {

// A smaller one costs less than finding another.
constexpr std::size_t shared_bytes_min = 64 * 1024;

}  // namespace

Error out_of_memory() {
  Error error{ErrorCode::busy, "The server is at its memory limit.", "Retry later, or raise the setting memory_max."};
  error.retry_after = std::chrono::seconds(1);
  return error;
}

Result<SharedBodyPtr> SharedRenders::make(std::size_t working_bytes, const std::function<std::string()>& render) const {
  auto body = std::make_shared<SharedBody>();
  body->charge = runtime::MemoryCharge(memory_, runtime::MemoryKind::renders);
  if (!body->charge.resize(working_bytes)) return Failure(out_of_memory());
  body->bytes = render();
  scrubber_.scrub(body->bytes);
  body->bytes.shrink_to_fit();
  body->charge.set(body->bytes.capacity());
  return SharedBodyPtr(std::move(body));
}

Result<SharedBodyPtr> SharedRenders::get(const std::string& key, std::size_t working_bytes,
                                         const std::function<std::string()>& render) {
  if (working_bytes < shared_bytes_min) return make(working_bytes, render);
  MutexLock lock(mutex_);
  while (in_progress_.contains(key)) finished_.wait(mutex_);
  if (const auto found = bodies_.find(key); found != bodies_.end()) {
    if (auto body = found->second.lock()) return body;
  }
  in_progress_.insert(key);
  lock.unlock();
  std::optional<Result<SharedBodyPtr>> made;
  std::exception_ptr thrown;
  try {
    made = make(working_bytes, render);
  } catch (...) {
    thrown = std::current_exception();  // the others must not wait for ever
  }
  lock.lock();
  in_progress_.erase(key);
  finished_.notify_all();
  if (thrown) std::rethrow_exception(thrown);
  if (*made) bodies_[key] = **made;
  forget_expired();
  return *std::move(made);
}

void SharedRenders::forget_expired() {
  if (bodies_.size() < forget_at_) return;
  std::erase_if(bodies_, [](const auto& entry) { return entry.second.expired(); });
  forget_at_ = std::max<std::size_t>(64, 2 * bodies_.size());
}

}  // namespace plenum::http
