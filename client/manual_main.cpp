// Prints the page plenum(1); run by the build.

#include <cstdio>
#include <string>

#include "client/cli/manual/manual_page.h"

int main() {
  const std::string page = plenum::client::manual_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() && std::fflush(stdout) == 0 ? 0 : 1;
}
