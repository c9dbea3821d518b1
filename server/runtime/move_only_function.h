// A callable that runs once: like std::function<void()>, but it may own values that cannot be copied.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace plenum::runtime {

class MoveOnlyFunction {
 public:
  MoveOnlyFunction() = default;
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, MoveOnlyFunction> && std::is_invocable_v<F&>) MoveOnlyFunction(F&& f)
      : body_(std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(f))) {}

  void operator()() { body_->run(); }
  explicit operator bool() const { return body_ != nullptr; }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct Body final : Base {
    explicit Body(F&& f) : f_(std::move(f)) {}
    explicit Body(const F& f) : f_(f) {}
    void run() override { f_(); }
    F f_;
  };
  std::unique_ptr<Base> body_;
};

}  // namespace plenum::runtime
