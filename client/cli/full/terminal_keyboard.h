// The keyboard of the controlling terminal. Ctrl-C and Ctrl-Z stay signals. Not thread-safe.
#pragma once

#include <termios.h>

#include <optional>
#include <string>

#include "client/cli/full/keyboard.h"

namespace plenum::client {

class TerminalKeyboard final : public Keyboard {
 public:
  TerminalKeyboard();
  ~TerminalKeyboard() override;
  TerminalKeyboard(const TerminalKeyboard&) = delete;
  TerminalKeyboard& operator=(const TerminalKeyboard&) = delete;

  // Whether there is a controlling terminal.
  bool is_open() const { return fd_ >= 0; }
  int fd() const override { return fd_; }
  void enable() override;
  void restore() override;
  std::optional<std::string> read() override;

 private:
  int fd_ = -1;
  std::optional<termios> original_;  // while line editing is off
};

}  // namespace plenum::client
