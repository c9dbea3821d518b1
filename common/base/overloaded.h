// One visitor made of several lambdas, for std::visit.
// Source: cppreference.com, std::visit, "overloaded".
#pragma once

namespace plenum {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace plenum
