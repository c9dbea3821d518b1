// Where the client writes: the answer to standard output, everything about it to standard error.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "client/cli/terminal/signals.h"

namespace plenum::client {

// Only the thread of the commands.
class Output {
 public:
  virtual ~Output() = default;
  virtual void out(std::string_view text) = 0;  // the answer, or JSON
  virtual void err(std::string_view text) = 0;  // headings, progress, errors, hints
  virtual void flush() = 0;
  // Standard output is incomplete and takes no more: its reader has left, the disk is full, or a signal
  // ended the waiting for it.
  virtual bool broken() const = 0;
};

// Two descriptors. What was written before to the other one leaves first, so that on a terminal, where
// both are the same screen, text and headings keep their order.
class FdOutput final : public Output {
 public:
  // While a descriptor takes nothing, waiting deals with signals; when it says stop, what is left is
  // dropped. The descriptors stay the caller's.
  FdOutput(int out_fd, int err_fd, SignalWaiter& waiting);
  ~FdOutput() override;
  FdOutput(const FdOutput&) = delete;
  FdOutput& operator=(const FdOutput&) = delete;

  void out(std::string_view text) override { add(out_fd_, text); }
  void err(std::string_view text) override { add(err_fd_, text); }
  void flush() override;
  bool broken() const override { return broken_; }

 private:
  static constexpr std::size_t pending_bytes_max = 64 * 1024;

  struct Text {
    int fd;
    std::string bytes;
  };

  void add(int fd, std::string_view text);
  void write_out(const Text& text);
  bool wait_until_taken(int fd);

  const int out_fd_, err_fd_;  // set once
  SignalWaiter& waiting_;      // set once
  std::deque<Text> pending_;   // neighbours go to different descriptors
  bool flushing_ = false;      // what a signal adds meanwhile is written after the text at hand
  bool broken_ = false;
};

// How messages are painted; plain text when color is off.
class Style {
 public:
  explicit Style(bool color) : color_(color) {}

  std::string bold(std::string_view text) const { return painted("1", text); }
  std::string dim(std::string_view text) const { return painted("2", text); }
  std::string red(std::string_view text) const { return painted("31", text); }
  std::string green(std::string_view text) const { return painted("32", text); }
  std::string yellow(std::string_view text) const { return painted("33", text); }

 private:
  std::string painted(std::string_view code, std::string_view text) const;

  bool color_;
};

enum class ColorMode : unsigned char { automatic, always, never };

// What the environment says about color (https://no-color.org, https://bixense.com/clicolors).
struct ColorEnvironment {
  std::string no_color, clicolor_force, term;
};
bool wants_colour(ColorMode mode, const ColorEnvironment& environment, bool is_terminal);

}  // namespace plenum::client
