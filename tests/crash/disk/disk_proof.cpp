#include "tests/crash/disk/disk_proof.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/ids.h"
#include "common/protocol/api_paths.h"
#include "tests/crash/stage.h"
#include "tests/support/failure.h"
#include "tests/support/net/http_client.h"
#include "tests/support/net/sse_reader.h"

namespace plenum::tests {

namespace {

std::string body_for(const std::string& key) {
  const bool synthesis = key.back() % 3 == 0;
  return keyed_body(key, synthesis ? "synthesize" : "single", synthesis ? 2 : 1);
}

// Notes everything that the stage's clients see in the trace.
class Witness {
 public:
  Witness(Stage& stage, const std::string& trace) : marks_(trace) {
    stage.around.on_accepted = [this](const std::string& key, const std::string& stream) {
      marks_.add(SeenByClients::accepted_mark(key, stream));
    };
    stage.around.on_frame = [this](const std::string& stream, std::string_view id, std::string_view bytes) {
      if (noted_.insert(stream + std::string(id)).second) marks_.add(SeenByClients::event_mark(stream, id, bytes));
    };
  }

 private:
  TraceMarks marks_;
  std::set<std::string> noted_;
};

// Reads the log of a stream as it is now, and not what may still come.
std::vector<Frame> log_now(std::uint16_t port, const std::string& stream, std::string& wrong) {
  SseReader reader(port, api::with_id(api::events, stream));
  if (reader.status() != 200) {
    wrong = "its events are answered " + std::to_string(reader.status());
    return {};
  }
  std::uint64_t last = 0;
  const bool open = reader.read_until(
      [&](const Frame& frame) {
        if (frame.data.find("\"stream_open\"") == std::string::npos) return false;
        last = frame.json().value("last_seq", std::uint64_t{0});
        return true;
      },
      seconds(5));
  if (!open) wrong = "its events do not begin with stream_open";
  if (open && last > 0 &&
      !reader.read_until([&](const Frame& frame) { return seq_of(frame.id) >= last; }, seconds(5))) {
    wrong = "of its " + std::to_string(last) + " events only " + std::to_string(reader.numbered().size()) + " come";
  }
  if (!reader.fault().empty()) wrong = reader.fault();
  return reader.numbered();
}

void compare(const std::vector<Frame>& frames, const SeenByClients::Stream& seen, const std::string& place,
             std::vector<std::string>& findings) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (seq_of(frames[i].id) != i + 1) {
      findings.push_back(place + "event " + std::to_string(i + 1) + " has the id " + frames[i].id);
      return;
    }
  }
  for (const auto& [number, event] : seen.events) {
    const bool there = number <= frames.size();
    if (!there && event.durable)
      findings.push_back(place + event.id + ", which a client had seen, is gone: " + event.body);
    if (!there ||
        SeenByClients::body_of(frames[number - 1].bytes.substr(frames[number - 1].bytes.find("id: "))) == event.body)
      continue;
    if (event.durable || frames[number - 1].id == event.id) {
      findings.push_back(place + event.id + ", which a client had seen as " + event.body + " is now " +
                         frames[number - 1].bytes);
    }
  }
}

void judge_stream(std::uint16_t port, const std::string& stream, const SeenByClients::Stream& seen,
                  std::vector<std::string>& findings) {
  const std::string place = "stream " + stream + " (key " + seen.key + "): ";
  std::string wrong;
  const std::vector<Frame> frames = log_now(port, stream, wrong);
  if (!wrong.empty()) {
    findings.push_back(place + wrong);
    return;
  }
  compare(frames, seen, place, findings);
  if (seen.key.empty()) return;
  const HttpReply again = post(port, api::task, body_for(seen.key), {{"Idempotency-Key", seen.key}});
  const bool same = again.status == 202 && again.json().value("stream_id", std::string()) == stream;
  if (!same)
    findings.push_back(place + "its POST, repeated, returns " + std::to_string(again.status) + ": " + again.body);
}

// Moments are identified by the number of records that were made before them.
struct Moments {
  // After a sync: just before the next operation, when clients have seen most.
  std::vector<std::size_t> boundaries;
  std::vector<std::size_t> promises;  // just behind what a client saw
};

Moments moments_of(const std::vector<DiskOp>& trace) {
  Moments moments;
  bool synced = false;
  for (std::size_t i = 0; i <= trace.size(); ++i) {
    const bool marker = i < trace.size() && trace[i].kind == DiskOpKind::marker;
    if (synced && !marker) moments.boundaries.push_back(i), synced = false;
    if (marker && SeenByClients::promises(trace[i])) moments.promises.push_back(i + 1);
    if (i < trace.size() && trace[i].kind == DiskOpKind::sync_done) synced = true;
  }
  return moments;
}

std::vector<std::size_t> some_of(std::vector<std::size_t> all, std::size_t count_max, std::mt19937_64& random) {
  std::shuffle(all.begin(), all.end(), random);
  all.resize(std::min(all.size(), count_max));
  return all;
}

// A server under the shim, until its lives are over.
void work_on_stage(const DiskWork& work, Stage& stage, DiskRecord& record) {
  int begun = 0;
  const auto keep_busy = [&] {
    const auto at_work =
        std::count_if(stage.callers.begin(), stage.callers.end(), [](const Caller& c) { return !c.done(); });
    for (auto i = at_work; i < work.at_once && begun < work.tasks; ++i, ++begun) {
      const std::string key = "disk-" + std::to_string(begun);
      stage.callers.emplace_back(stage.around, Caller::Plan{.key = key, .body = body_for(key)});
    }
    return begun == work.tasks && stage.all_done();
  };
  for (int life = 1; life <= work.lives; ++life) {
    stage.begin_life();
    stage.turn_until(keep_busy, Deadline(milliseconds(work.life_ms)));
    stage.be_killed();
  }
  // A rejection caused by the fault is no finding here; any other wrong response still is.
  if (work.fault.empty()) record.findings = stage.checker.findings();
}

}  // namespace

DiskRecord record_disk_work(const DiskWork& work) {
  TempDir files, beside;
  const std::string trace = (beside.path() / "trace").string();
  DiskRecord record;
  std::mt19937_64 random(work.seed);
  ServerLife::Options options{.store = sqlite_store(files.path().string())};
  options.env = {
      {"LD_PRELOAD", DISK_SHIM_PATH}, {"PLENUM_DISK_DIR", files.path().string()}, {"PLENUM_DISK_TRACE", trace}};
  if (!work.fault.empty()) options.env["PLENUM_DISK_FAULT"] = work.fault;
  {
    Stage stage(std::move(options), [&](const std::string&, const std::string&) {
      return CallPlan{.words = 3 + static_cast<int>(random() % 12), .pace = milliseconds(1 + random() % 8)};
    });
    stage.around.trouble_expected = !work.fault.empty();
    Witness witness(stage, trace);
    try {
      work_on_stage(work, stage, record);
    } catch (const Failure& failure) {
      const int code = stage.server.exit_code().value_or(-1);
      record.started = false;
      // To fail to start on a failing disk is right; to end by a signal, or later, is not.
      if (work.fault.empty() || code >= 128 || code < 0 || stage.around.alive)
        record.findings.push_back(failure.what());
    }
  }
  record.trace = read_disk_trace(trace);
  return record;
}

DiskImage at_next_boot(DiskImage image) {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  if (boot.empty()) return image;
  std::string other = boot;
  other[0] = boot[0] == '0' ? '1' : '0';
  for (auto& [name, content] : image) {
    for (std::size_t at = content.find(boot); at != std::string::npos; at = content.find(boot, at)) {
      content.replace(at, boot.size(), other);
    }
  }
  return image;
}

std::vector<std::string> judge_disk(const DiskImage& image, const SeenByClients& seen) {
  std::vector<std::string> findings;
  TempDir dir;
  write_image(image, dir.path().string());
  // Resumed tasks must not get far: the calls of this server are not answered.
  std::uint16_t silent_port = 0;
  const Fd silent = listen_loopback(silent_port);
  ServerLife server({.store = sqlite_store(dir.path().string()),
                     .settings = {{"log_level", "\"warning\""}},
                     .tables = bench_table("http://127.0.0.1:" + std::to_string(silent_port) + "/v1")});
  try {
    server.start();
    if (!server.wait_until_ready(seconds(20))) return {"plenumd is not ready after 20 s"};
    for (const auto& [id, stream] : seen.streams()) judge_stream(server.port(), id, stream, findings);
    if (!server.running()) findings.push_back("plenumd ended by itself; its log:\n" + server.log());
  } catch (const Failure& failure) {
    findings.push_back(failure.what());
  }
  return findings;
}

CutReport judge_cuts(const std::vector<DiskOp>& trace, std::uint64_t seed, std::size_t boundaries_max,
                     std::size_t cuts) {
  std::mt19937_64 random(seed);
  const Moments all = moments_of(trace);
  CutReport report;
  std::multimap<std::size_t, DiskModel::Loss> moments;
  for (std::size_t at : some_of(all.boundaries, boundaries_max, random)) {
    moments.emplace(at, DiskModel::Loss::everything_unsynced);
    ++report.boundaries;
  }
  for (std::size_t at : some_of(all.promises, boundaries_max, random)) {
    moments.emplace(at, DiskModel::Loss::everything_unsynced);
    ++report.promises;
  }
  for (std::size_t i = 0; i < cuts; ++i) moments.emplace(random() % (trace.size() + 1), DiskModel::Loss::by_chance);

  DiskModel model(seed);
  SeenByClients seen;
  std::size_t done = 0;
  for (const auto& [at, loss] : moments) {
    for (; done < at; ++done) {
      model.apply(trace[done]);
      seen.add(trace[done]);
    }
    report.cuts += loss == DiskModel::Loss::by_chance ? 1 : 0;
    for (const std::string& finding : judge_disk(at_next_boot(model.after_power_loss(loss)), seen)) {
      report.findings.push_back("power lost before operation " + std::to_string(at) + " of " +
                                std::to_string(trace.size()) + ": " + finding);
    }
    if (report.findings.size() >= 10) break;
  }
  for (; done < trace.size(); ++done) seen.add(trace[done]);
  report.durable_events = seen.durable_events();
  return report;
}

std::string CutReport::text() const {
  std::string out = std::to_string(boundaries) + " sync boundaries, " + std::to_string(promises) + " promises and " +
                    std::to_string(cuts) + " random cuts, " + std::to_string(durable_events) + " durable events, " +
                    std::to_string(findings.size()) + " findings\n";
  for (const std::string& finding : findings) out += "  " + finding.substr(0, 1000) + "\n";
  return out;
}

FaultReport judge_fault(const std::string& fault, std::uint64_t seed, int life_ms) {
  const DiskRecord record =
      record_disk_work({.seed = seed, .tasks = 400, .at_once = 4, .lives = 1, .life_ms = life_ms, .fault = fault});
  FaultReport report;
  report.findings = record.findings;
  report.started = record.started;
  DiskModel model(seed);
  SeenByClients seen;
  for (const DiskOp& op : record.trace) {
    model.apply(op);
    seen.add(op);
    report.met = report.met || op.kind == DiskOpKind::fault;
    report.promises_after += report.met && op.kind == DiskOpKind::marker && SeenByClients::promises(op) ? 1 : 0;
  }
  const DiskImage lost = at_next_boot(model.after_power_loss(DiskModel::Loss::everything_unsynced));
  for (const std::string& finding : judge_disk(lost, seen)) report.findings.push_back("after a power loss: " + finding);
  for (const std::string& finding : judge_disk(model.as_seen(), seen))
    report.findings.push_back("after a crash: " + finding);
  return report;
}

}  // namespace plenum::tests
