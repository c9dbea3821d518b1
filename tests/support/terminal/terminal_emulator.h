// A terminal without a window: takes the bytes that a program writes and shows what a user would see.
// The only file that uses libvterm. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::tests {

// What a program changed besides text on the screen, and must not leave behind.
struct TerminalState {
  std::string title;
  bool cursor_visible = true;
  bool alternate_screen = false;
  bool mouse = false;
  bool default_pen = true;           // no color or attribute would apply to the next character
  std::vector<std::string> unknown;  // sequences that the emulator does not know, such as those of a clipboard
};

class TerminalEmulator {
 public:
  TerminalEmulator(std::size_t columns, std::size_t rows);
  ~TerminalEmulator();
  TerminalEmulator(const TerminalEmulator&) = delete;
  TerminalEmulator& operator=(const TerminalEmulator&) = delete;

  // As a terminal line discipline passes it on: a newline is preceded by a carriage return.
  void write(std::string_view bytes);
  void resize(std::size_t columns, std::size_t rows);

  // The scrollback and the screen, without empty lines at the end and spaces at the ends of lines.
  std::string text() const;
  // The lines of the screen.
  std::vector<std::string> screen() const;
  TerminalState state() const;
  std::size_t cursor_row() const;
  std::size_t cursor_column() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace plenum::tests
