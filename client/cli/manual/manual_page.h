// The page plenum(1), from the table of commands: help and manual cannot differ. Pure: any thread.
#pragma once

#include <string>

namespace plenum::client {

std::string manual_page();

}  // namespace plenum::client
