#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.hpp"
#include "dyno_fixture.hpp"

namespace davit::test {
namespace {

using dyno::ExitReason;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

class DynoSandbox : public DynoTest {
 protected:
  bool isolated() const { return launcher_->level() != dyno::Level::c; }
};

TEST_F(DynoSandbox, TheEnvironmentIsExactlyTheSpecs) {
  auto spec = bash("");
  spec.argv = {"/usr/bin/env"};
  spec.env = {{"A", "1"}, {"B", "two words\nand a line"}, {"EMPTY", ""}};
  EXPECT_EQ(run_to_end(spec).output, "A=1\nB=two words\nand a line\nEMPTY=\n");
}

TEST_F(DynoSandbox, AppIsWritableAndTheSlugIsUntouched) {
  const auto story =
      run_to_end(bash("cat $HOME/file && echo changed >$HOME/file && touch $HOME/new "
                      "&& cat $HOME/file && pwd"));
  EXPECT_THAT(story.output, testing::StartsWith("of the slug\nchanged\n"));
  EXPECT_EQ(*read_file(slug() + "/file", 100), "of the slug\n");
  EXPECT_NE(::access((slug() + "/new").c_str(), F_OK), 0);
}

TEST_F(DynoSandbox, TheHostIsNotVisible) {
  if (!isolated()) GTEST_SKIP() << "level C isolates nothing";
  const auto story = run_to_end(
      bash("ls /root /home /var/lib/davit /etc/shadow 2>&1 | grep -c 'No such file'; "
           "ls -d /proc/[0-9]* | wc -l | tr -d '\\n' | sed 's/^[1-9]$/few/'; echo; "
           "touch /usr/x /etc/x /x 2>&1 | grep -c 'Read-only'; "
           "grep -E 'Cap(Eff|Prm|Bnd|Amb)' /proc/self/status | grep -vc 0000000000000000; "
           "grep NoNewPrivs /proc/self/status; whoami; hostname; echo ok >/tmp/t && cat /tmp/t"));
  EXPECT_EQ(story.output, "4\nfew\n3\n0\nNoNewPrivs:\t1\ndyno\nweb.1\nok\n");
}

TEST_F(DynoSandbox, NamespacesMountsAndTracingAreRefused) {
  if (!isolated()) GTEST_SKIP() << "the host's own rules differ at level C";
  const auto story =
      run_to_end(bash("unshare -U true 2>&1; mount -t tmpfs x /tmp 2>&1; cat /proc/1/environ 2>&1; "
                      "kill -9 1; echo on"));
  EXPECT_THAT(story.output, HasSubstr("unshare failed"));
  EXPECT_THAT(story.output, HasSubstr("/proc/1/environ: No such file"));
  EXPECT_THAT(story.output, HasSubstr("on\n"));
}

TEST_F(DynoSandbox, StandardOutputCanBeOpenedAgain) {
  EXPECT_EQ(
      run_to_end(bash("echo a >/dev/stdout; echo b >/dev/stderr; echo c >/proc/self/fd/1")).output,
      "a\nb\nc\n");
}

TEST_F(DynoSandbox, StandardInputIsEmptyAndNothingElseIsOpen) {
  EXPECT_EQ(run_to_end(bash("cat; ls /proc/self/fd | wc -l")).output, "4\n");
}

TEST_F(DynoSandbox, ExitCodesAndSignalsAreTold) {
  auto story = run_to_end(bash("exit 7"));
  EXPECT_EQ(story.exit->code, 7);
  EXPECT_EQ(story.exit->signal, 0);
  EXPECT_EQ(story.exit->reason, ExitReason::exited);
  story = run_to_end(bash("kill -SEGV $$"));
  EXPECT_EQ(story.exit->code, 128 + 11);
  EXPECT_EQ(story.exit->signal, 11);
}

TEST_F(DynoSandbox, AMissingProgramIsASetupFailureThatNamesIt) {
  auto spec = bash("");
  spec.argv = {"/no/such/program"};
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::setup_failed);
  EXPECT_EQ(story.exit->code, 127);
  EXPECT_THAT(story.exit->detail, HasSubstr("/no/such/program"));
}

TEST_F(DynoSandbox, AMissingMountSourceIsASetupFailureThatNamesIt) {
  if (!isolated()) GTEST_SKIP() << "no mounts at level C";
  auto spec = bash("true");
  spec.mounts.push_back({"/no/such/folder", "/data", dyno::MountMode::read_only});
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::setup_failed);
  EXPECT_THAT(story.exit->detail, HasSubstr("/no/such/folder"));
}

// An app could leave a link in a folder that later holds a mount target; as root that would mount
// anywhere.
TEST_F(DynoSandbox, AMountTargetNeverFollowsALink) {
  if (!isolated()) GTEST_SKIP() << "no mounts at level C";
  ASSERT_EQ(::symlink("/etc", (slug() + "/escape").c_str()), 0);
  auto spec = bash("true");
  spec.mounts.push_back({slug(), "/app/escape/x", dyno::MountMode::read_only});
  const auto story = run_to_end(spec);
  EXPECT_EQ(story.exit->reason, ExitReason::setup_failed);
  EXPECT_THAT(story.exit->detail, HasSubstr("escape"));
}

TEST_F(DynoSandbox, MountsAreReadOnlyOrWritableAsAsked) {
  if (!isolated()) GTEST_SKIP() << "no mounts at level C";
  ASSERT_TRUE(make_directories(dir_.str("rw"), 0777));
  ASSERT_EQ(::chmod(dir_.str("rw").c_str(), 0777), 0);
  auto spec = bash("touch /tmp/build_x/made && touch /data/no 2>&1 | grep -o Read-only");
  spec.mounts.push_back({dir_.str("rw"), "/tmp/build_x", dyno::MountMode::read_write});
  spec.mounts.push_back({slug(), "/data", dyno::MountMode::read_only});
  EXPECT_EQ(run_to_end(spec).output, "Read-only\n");
  EXPECT_EQ(::access(dir_.str("rw/made").c_str(), F_OK), 0);
}

// As small as a stack can be: bash and what it needs.
TEST_F(DynoSandbox, TheSystemFoldersMayComeFromAStackOfTheAdmins) {
  namespace fs = std::filesystem;
  if (!isolated()) GTEST_SKIP() << "no mounts at level C";
  const fs::path stack = dir_.str("stack");
  std::vector<fs::path> folders = {"/lib64"};
  for (const auto& entry : fs::directory_iterator("/lib")) {
    if (entry.path().filename().string().find("-linux-gnu") != std::string::npos) {
      folders.push_back(entry.path());
    }
  }
  for (const fs::path& folder : folders) {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(folder, ec)) {
      const std::string name = entry.path().filename();
      const bool needed =
          name.starts_with("ld-linux") || name == "libc.so.6" || name.starts_with("libtinfo.so.6");
      if (!needed || entry.is_directory()) continue;
      const fs::path copy = stack / entry.path().relative_path();
      fs::create_directories(copy.parent_path());
      fs::copy_file(entry.path(), copy, fs::copy_options::overwrite_existing);
    }
  }
  fs::create_directories(stack / "bin");
  fs::create_directories(stack / "etc");
  fs::copy_file("/bin/bash", stack / "bin/bash");
  ASSERT_TRUE(write_file_atomic(stack / "etc/os-release", "NAME=ours\n", 0644));
  ASSERT_EQ(::chmod(stack.c_str(), 0755), 0);
  auto spec =
      bash("echo /bin/*; [ -e /usr/bin ] || echo no usr; read line < /etc/os-release; echo $line");
  spec.stack = stack;
  EXPECT_EQ(run_to_end(spec).output, "/bin/bash\nno usr\nNAME=ours\n");
}

TEST_F(DynoSandbox, TheMemoryLimitIsShownWhereBuildpacksLook) {
  if (!isolated()) GTEST_SKIP() << "no mounts at level C";
  auto spec = bash("cat /sys/fs/cgroup/memory/memory.limit_in_bytes");
  spec.limits.memory_bytes = 536870912;
  EXPECT_EQ(run_to_end(spec).output, "536870912\n");
}

TEST_F(DynoSandbox, CertificatesNamedByTheEnvironmentAreShownAndOtherFilesAreNot) {
  if (!isolated()) GTEST_SKIP() << "no mounts at level C";
  auto spec = bash("cat \"$NODE_EXTRA_CA_CERTS\"; cat \"$SSL_CERT_FILE\" 2>&1");
  // Below /tmp the dyno has its own folder, so the host's file must lie elsewhere.
  const std::string outside = "/srv/davit-test-" + std::to_string(::getpid());
  if (!make_directories(outside, 0755)) GTEST_SKIP() << "no folder outside /tmp to be had";
  ASSERT_TRUE(write_file_atomic(outside + "/ca.pem", "-----BEGIN CERTIFICATE-----\nx\n", 0644));
  ASSERT_TRUE(write_file_atomic(outside + "/secret", "master key\n", 0644));
  spec.env["NODE_EXTRA_CA_CERTS"] = outside + "/ca.pem";
  spec.env["SSL_CERT_FILE"] = outside + "/secret";
  const auto story = run_to_end(spec);
  EXPECT_TRUE(remove_tree(outside));
  EXPECT_THAT(story.output, HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_THAT(story.output, Not(HasSubstr("master key")));
}

// Without a network of its own a dyno could take the port that another lost in a crash.
TEST_F(DynoSandbox, AtLevelCOnlyTheDynosPortIsListenedOn) {
  if (isolated()) GTEST_SKIP() << "a matter of network namespaces";
  auto spec = bash("");
  spec.port = 15000 + ::getpid() % 10000;
  spec.argv = {"/usr/bin/python3", "-c",
               "import os, socket\n"
               "for port in (int(os.environ['PORT']), int(os.environ['PORT']) + 1, 0):\n"
               "  try:\n"
               "    socket.socket().bind(('127.0.0.1', port))\n"
               "    print('bound')\n"
               "  except PermissionError: print('refused')\n"
               "  except OSError: print('bound')\n"};  // in use: asked for, at least
  spec.env["PORT"] = std::to_string(*spec.port);
  EXPECT_EQ(run_to_end(spec).output, "bound\nrefused\nbound\n");
}

TEST_F(DynoSandbox, OrphansAreReapedByTheFirstProcess) {
  if (!isolated()) GTEST_SKIP() << "orphans are told from others by the pid namespace";
  const auto story =
      run_to_end(bash("for i in 1 2 3 4 5; do (setsid true &) ; done; sleep 0.2; "
                      "grep -l 'State:.Z' /proc/[0-9]*/status | wc -l"));
  EXPECT_EQ(story.output, "0\n");
}

}  // namespace
}  // namespace davit::test
