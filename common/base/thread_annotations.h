// Clang's thread-safety attributes: which mutex guards a field, and which one a function requires. Other compilers
// ignore them. Checked by `clang++ -Wthread-safety`.
// Source: clang.llvm.org/docs/ThreadSafetyAnalysis.html.
#pragma once

#if defined(__clang__)
#define PLENUM_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define PLENUM_THREAD_ATTRIBUTE(x)
#endif

#define CAPABILITY(name) PLENUM_THREAD_ATTRIBUTE(capability(name))
#define SCOPED_CAPABILITY PLENUM_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(mutex) PLENUM_THREAD_ATTRIBUTE(guarded_by(mutex))
#define PT_GUARDED_BY(mutex) PLENUM_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
#define REQUIRES(...) PLENUM_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) PLENUM_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) PLENUM_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) PLENUM_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS PLENUM_THREAD_ATTRIBUTE(no_thread_safety_analysis)
