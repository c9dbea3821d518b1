// Prints the page plenumd(8); run by the build.

#include <cstdio>
#include <string>

#include "server/config/config_docs.h"

int main() {
  const std::string page = plenum::config::settings_manual();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() && std::fflush(stdout) == 0 ? 0 : 1;
}
