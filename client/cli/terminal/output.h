// The client's output: the answer goes to standard output, all other text to standard error.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "client/cli/terminal/signals.h"

namespace plenum::client {

// Not thread-safe: the thread of the command.
class Output {
 public:
  virtual ~Output() = default;
  virtual void out(std::string_view text) = 0;  // the answer, or JSON
  virtual void err(std::string_view text) = 0;  // headings, progress, errors, hints
  virtual void flush() = 0;
  // Standard output is incomplete and closed: its reader closed it, the disk is full, or a signal ended the wait for
  // it.
  virtual bool broken() const = 0;
  // The errno of the write to standard output that failed; 0: none, or not known.
  virtual int cause() const { return 0; }
  // Text for standard error was lost: the terminal is closed, or the file is full.
  virtual bool errors_lost() const { return false; }
};

// `cannot write to standard output: No space left on device`
std::string write_failure(const Output& output);

// Two descriptors, written in the order of the calls, so that on a terminal, where both are the same screen, text and
// headings stay in order.
class FdOutput final : public Output {
 public:
  // While a descriptor is not writable, waiting handles signals; when it requests a stop, the remaining text is
  // dropped. The caller owns the descriptors.
  FdOutput(int out_fd, int err_fd, SignalWaiter& waiting);
  ~FdOutput() override;
  FdOutput(const FdOutput&) = delete;
  FdOutput& operator=(const FdOutput&) = delete;

  void out(std::string_view text) override { add(out_fd_, text); }
  void err(std::string_view text) override { add(err_fd_, text); }
  void flush() override;
  bool broken() const override { return cause_ != 0; }
  bool errors_lost() const override { return errors_lost_; }
  int cause() const override { return cause_; }

 private:
  static constexpr std::size_t pending_bytes_max = 64 * 1024;

  struct Text {
    int fd;
    std::string bytes;
  };

  void add(int fd, std::string_view text);
  void write_all(const Text& text);
  bool wait_until_writable(int fd);

  const int out_fd_, err_fd_;  // set once
  SignalWaiter& waiting_;      // set once
  std::deque<Text> pending_;   // adjacent entries have different descriptors
  bool flushing_ = false;      // text added by a signal handler is written after the current text
  int cause_ = 0;              // of incomplete standard output
  bool errors_lost_ = false;
};

// Colors of messages; plain text when color is off.
class Style {
 public:
  explicit Style(bool color) : color_(color) {}

  std::string bold(std::string_view text) const { return styled("1", text); }
  std::string dim(std::string_view text) const { return styled("2", text); }
  std::string red(std::string_view text) const { return styled("31", text); }
  std::string green(std::string_view text) const { return styled("32", text); }
  std::string yellow(std::string_view text) const { return styled("33", text); }

 private:
  std::string styled(std::string_view code, std::string_view text) const;

  bool color_;
};

enum class ColorMode : unsigned char { automatic, always, never };

// Color settings of the environment (https://no-color.org, https://bixense.com/clicolors).
struct ColorEnvironment {
  std::string no_color, clicolor_force, term;
};
bool use_color(ColorMode mode, const ColorEnvironment& environment, bool is_terminal);

}  // namespace plenum::client
