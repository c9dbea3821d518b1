// disk_run: the long form of the power-loss and disk-fault proofs of disk_proof.h.
//   disk_run power [CUTS, default 2000] [SEED]
//       all sync boundaries and promises, and so many random cuts
//   disk_run faults [LAST, default 300] [SEED] [KIND: sync, write or any, default all] [FIRST, default 1]
//       the N-th call of the kind fails, for N = FIRST … LAST, with EIO and again with ENOSPC; a sync only with EIO
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "tests/crash/disk/disk_proof.h"

namespace {

using namespace plenum::tests;

bool prove_power(std::size_t cuts, std::uint64_t seed) {
  DiskWork work;
  work.seed = seed;
  work.tasks = 60;
  work.lives = 3;
  const DiskRecord record = record_disk_work(work);
  std::cout << "power loss, seed " << seed << ": " << record.trace.size() << " records" << std::endl;
  for (const std::string& finding : record.findings) std::cout << "  " << finding << "\n";
  const CutReport report = judge_cuts(record.trace, seed, std::numeric_limits<std::size_t>::max(), cuts);
  std::cout << report.text();
  return report.findings.empty() && record.findings.empty();
}

// The result of all faults of one kind and error.
struct Sweep {
  int met = 0, findings = 0, refused = 0, silent = 0;
};

void sweep(const std::string& kind, const std::string& error, int first, int last, std::uint64_t seed, Sweep& all) {
  for (int n = first; n <= last; ++n) {
    const std::string fault = kind + ":" + std::to_string(n) + ":" + error;
    // Long enough that a call of this number occurs, and that the server can continue after it.
    const FaultReport report = judge_fault(fault, seed, 2000 + 10 * n);
    if (!report.met) break;
    ++all.met;
    all.findings += static_cast<int>(report.findings.size());
    const bool silent = report.started && report.promises_after == 0;
    all.silent += silent ? 1 : 0;
    all.refused += report.started ? 0 : 1;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, report.findings.size()); ++i) {
      std::cout << "  " << fault << ": " << report.findings[i].substr(0, 1000) << std::endl;
    }
    if (silent) std::cout << "  " << fault << ": nothing was promised behind it" << std::endl;
  }
  std::cout << "up to " << kind << " " << error << ": " << all.met << " faults, " << all.findings << " findings; "
            << all.refused << " times it refused to start, " << all.silent << " times it promised nothing any more"
            << std::endl;
}

bool prove_faults(int first, int last, std::uint64_t seed, const std::vector<std::string>& kinds) {
  Sweep all;
  for (const std::string& kind : kinds) {
    sweep(kind, "EIO", first, last, seed, all);
    if (kind != "sync") sweep(kind, "ENOSPC", first, last, seed, all);  // what a sync fails with changes nothing
  }
  return all.findings == 0 && all.met > 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const auto number = [&](int at, std::uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  try {
    if (what == "power") return prove_power(number(2, 2000), number(3, 1)) ? 0 : 1;
    std::vector<std::string> kinds{"sync", "write", "any"};
    if (argc > 4) kinds = {argv[4]};
    const auto last = static_cast<int>(number(2, 300)), first = static_cast<int>(number(5, 1));
    if (what == "faults") return prove_faults(first, last, number(3, 1), kinds) ? 0 : 1;
  } catch (const std::exception& failure) {
    std::cerr << "disk_run: " << failure.what() << "\n";
    return 1;
  }
  std::cerr << "usage: disk_run power [CUTS] [SEED] | disk_run faults [LAST] [SEED] [sync|write|any] [FIRST]\n";
  return 2;
}
