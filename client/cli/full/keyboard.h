// The keys of a terminal: a port, so that tests press keys without one. Not thread-safe.
#pragma once

#include <optional>
#include <string>

namespace plenum::client {

class Keyboard {
 public:
  virtual ~Keyboard() = default;
  // Readable when a key was pressed; -1: none.
  virtual int fd() const = 0;
  // Switches line editing and echo off, and on again.
  virtual void enable() = 0;
  virtual void restore() = 0;
  // The bytes of pressed keys; empty if there are none. Nothing: the terminal is gone. Does not block.
  virtual std::optional<std::string> read() = 0;
};

}  // namespace plenum::client
