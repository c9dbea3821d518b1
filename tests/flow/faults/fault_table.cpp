#include <algorithm>
#include <cstdio>
#include <map>

#include "tests/flow/faults/fault_play.h"

namespace plenum::tests {

namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string cell(const FaultRun& run) {
  const std::string times = std::to_string(run.took.count()) + "/" + std::to_string(run.allowed.count());
  return (run.wrong.empty() ? "  " : "! ") + padded(run.result.empty() ? "-" : run.result, 16) + padded(times, 10);
}

}  // namespace

std::string table_of(const std::vector<FaultRun>& runs) {
  std::vector<std::string> columns;
  std::map<std::string, std::map<std::string, std::string>> cells;
  std::vector<const Fault*> faults;
  std::size_t failed = 0;
  for (const FaultRun& run : runs) {
    const std::string column = std::string(vendor_name(run.vendor)) + ", " + std::string(place_name(run.place));
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
    const std::string id(run.fault.id);
    if (cells.count(id) == 0) faults.push_back(&run.fault);
    cells[id][column] = cell(run);
    failed += run.wrong.empty() ? 0 : 1;
  }
  std::string text = padded("fault", 50);
  for (const std::string& column : columns) text += padded("  " + column, 28);
  text += "\n";
  for (const Fault* fault : faults) {
    const std::string id(fault->id);
    text += padded(padded(id, 5) + std::string(fault->what), 50);
    for (const std::string& column : columns) text += padded(cells[id][column], 28);
    text += "\n";
  }
  text += std::to_string(runs.size()) + " played, " + std::to_string(failed) +
          " broke a rule (!); times in ms: taken/allowed\n";
  return text;
}

}  // namespace plenum::tests
