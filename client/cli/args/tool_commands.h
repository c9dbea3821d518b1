// The commands about the client itself: its configuration, the stored keys, diagnosis and demonstration.
#pragma once

#include <string>

namespace plenum::client {

struct ShowConfigCommand {
  bool origin = false;
};
struct SetConfigCommand {
  std::string name;
  std::string value;  // empty: removes the setting
};
struct EditConfigCommand {};
struct ConfigPathCommand {};
struct KeysCommand {};
struct SetKeyCommand {
  std::string provider;
  std::string file;  // empty: a prompt, or standard input
};
struct RemoveKeyCommand {
  std::string provider;
};
struct DoctorCommand {};
struct DemoCommand {};

}  // namespace plenum::client
