#include "tests/crash/disk/disk_model.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/process/child_process.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

// Reports the operations of a program to a model.
struct Disk {
  DiskModel model{7};

  void op(DiskOpKind kind, const std::string& name, std::uint64_t offset = 0, const std::string& bytes = {},
          std::uint32_t thread = 1) {
    model.apply({kind, name == ".", thread, name, offset, bytes});
  }
  void write(const std::string& name, std::uint64_t offset, const std::string& bytes) {
    op(DiskOpKind::write, name, offset, bytes);
  }
  void sync(const std::string& name) {
    op(DiskOpKind::sync_begin, name);
    op(DiskOpKind::sync_done, name);
  }
  void create_durable(const std::string& name) {
    op(DiskOpKind::create, name);
    sync(".");
  }
  DiskImage after() { return model.after_power_loss(DiskModel::Loss::everything_unsynced); }
};

// A shell that works in a directory under the shim.
struct Shell {
  TempDir dir, beside;
  const std::string file = (dir.path() / "a").string(), trace = (beside.path() / "trace").string();

  Finished run(const std::string& line, const std::string& fault = {}) const {
    Command command;
    command.program = "/bin/sh";
    command.args = {"-c", line};
    command.env = {
        {"LD_PRELOAD", DISK_SHIM_PATH}, {"PLENUM_DISK_DIR", dir.path().string()}, {"PLENUM_DISK_TRACE", trace}};
    if (!fault.empty()) command.env["PLENUM_DISK_FAULT"] = fault;
    return run_to_end(command, seconds(20));
  }
};

}  // namespace

TEST_CASE("what was synced is there after a power loss, and nothing else for certain") {
  Disk disk;
  disk.create_durable("a");
  disk.write("a", 0, "one ");
  disk.sync("a");
  disk.write("a", 4, "two");
  CHECK(disk.after() == DiskImage{{"a", "one "}});
  CHECK(disk.model.as_seen() == DiskImage{{"a", "one two"}});
  disk.sync("a");
  CHECK(disk.after() == DiskImage{{"a", "one two"}});
}

TEST_CASE("a name is there only once its directory was synced") {
  Disk disk;
  disk.op(DiskOpKind::create, "a");
  disk.write("a", 0, "text");
  disk.sync("a");
  CHECK(disk.after().empty());
  disk.sync(".");
  CHECK(disk.after() == DiskImage{{"a", "text"}});
  disk.op(DiskOpKind::rename, "a", 0, "b");
  CHECK(disk.after() == DiskImage{{"a", "text"}});
  CHECK(disk.model.as_seen() == DiskImage{{"b", "text"}});
  disk.sync(".");
  CHECK(disk.after() == DiskImage{{"b", "text"}});
  disk.op(DiskOpKind::unlink, "b");
  disk.sync(".");
  CHECK(disk.after().empty());
}

TEST_CASE("what is written while a sync runs is not part of it") {
  Disk disk;
  disk.create_durable("a");
  disk.write("a", 0, "one ");
  disk.op(DiskOpKind::sync_begin, "a");
  disk.op(DiskOpKind::write, "a", 4, "two", 2);
  disk.op(DiskOpKind::sync_done, "a");
  CHECK(disk.after() == DiskImage{{"a", "one "}});
}

TEST_CASE("a truncation counts when it was synced, and what grows is zero") {
  Disk disk;
  disk.create_durable("a");
  disk.write("a", 0, "onetwo");
  disk.sync("a");
  disk.op(DiskOpKind::truncate, "a", 3);
  CHECK(disk.after() == DiskImage{{"a", "onetwo"}});
  disk.op(DiskOpKind::truncate, "a", 5);
  disk.sync("a");
  CHECK(disk.after() == DiskImage{{"a", std::string("one\0\0", 5)}});
}

TEST_CASE("after a failed sync a later one does not bring back what waited then") {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Disk disk{.model = DiskModel(seed)};
    disk.create_durable("a");
    disk.write("a", 0, "one");
    disk.op(DiskOpKind::sync_begin, "a");
    disk.op(DiskOpKind::sync_failed, "a");
    disk.write("a", 3, "two");
    disk.sync("a");
    CHECK(disk.model.as_seen()["a"] == "onetwo");
    const std::string content = disk.after()["a"];
    CHECK(content.substr(3) == "two");
    lost += content.substr(0, 3) == std::string(3, '\0') ? 1 : 0;
  }
  CHECK(lost > 10);
  CHECK(lost < 20);
}

TEST_CASE("by chance any part of the unsynced writes arrives, the last of it torn between sectors") {
  Disk disk;
  disk.create_durable("a");
  disk.write("a", 0, std::string(1000, 'x'));
  disk.write("a", 1000, std::string(1000, 'y'));
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) seen.insert(disk.model.after_power_loss(DiskModel::Loss::by_chance)["a"]);
  const std::string nothing, all = std::string(1000, 'x') + std::string(1000, 'y');
  CHECK(seen.count(nothing) == 1);
  CHECK(seen.count(all) == 1);
  CHECK(seen.count(std::string(1000, '\0') + std::string(1000, 'y')) == 1);  // the second without the first
  CHECK(seen.count(std::string(512, 'x')) == 1);                             // torn
  CHECK(seen.count(std::string(1000, 'x') + std::string(24, 'y')) == 1);     // torn at byte 1,024
  for (const std::string& content : seen) CHECK((content.size() % 512 == 0 || content.size() % 1000 == 0));
}

TEST_CASE("the shim records what a program does to its files, in order and with the bytes") {
  Shell shell;
  const std::string a = shell.file, b = a + "2";
  const Finished finished = shell.run("printf abcdef | dd of=" + a + " bs=3 conv=fsync && truncate -s 4 " + a +
                                      " && mv " + a + " " + b + " && rm " + b);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  std::string story;
  constexpr const char* words[] = {"create", "write",  "truncate", "begin", "done",
                                   "failed", "unlink", "rename",   "",      ""};
  for (const DiskOp& op : read_disk_trace(shell.trace)) {
    story += std::string(words[static_cast<int>(op.kind)]) + " " + op.name + " " + std::to_string(op.offset) + " " +
             op.bytes + "\n";
  }
  CHECK(
      story ==
      "create a 0 \nwrite a 0 abc\nwrite a 3 def\nbegin a 0 \ndone a 0 \ntruncate a 4 \nrename a 0 a2\nunlink a2 0 \n");
}

TEST_CASE("the shim makes the configured call fail, and only that one") {
  Shell shell;
  const std::string line = "printf abcdef | dd of=" + shell.file + " bs=3 conv=fsync; echo code $?";
  const Finished full = shell.run(line, "write:2:ENOSPC");
  CHECK(full.out == "code 1\n");
  CHECK(full.err.find("No space left on device") != std::string::npos);
  CHECK(shell.run(line, "sync:1:EIO").err.find("Input/output error") != std::string::npos);
  CHECK(shell.run(line, "sync:2:EIO").out == "code 0\n");
}

}  // namespace plenum::tests
