#include "server/inspection/inventory.hpp"

#include <gmock/gmock.h>

namespace davit::inspection {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Places places{"/opt/davit/davit-dyno", "/data/run/dynos", "/data/scratch", "/data/builds"};

TEST(Inventory, ADavitDynoIsKnownByItsSocket) {
  EXPECT_EQ(
      dyno_of("/opt/davit/davit-dyno\0--socket\0/data/run/dynos/a-1.sock\0--level\0A\0"sv, places),
      "a-1");
}

TEST(Inventory, OtherProcessesAreNone) {
  EXPECT_EQ(dyno_of("", places), "");
  EXPECT_EQ(dyno_of("/bin/sh\0/data/run/dynos/a-1.sock\0"sv, places), "");
  EXPECT_EQ(dyno_of("/opt/davit/davit-dyno\0--probe\0"sv, places), "");
  // Of another davitd of this machine.
  EXPECT_EQ(dyno_of("/opt/davit/davit-dyno\0--socket\0/other/run/dynos/a.sock\0"sv, places), "");
  EXPECT_EQ(dyno_of("/opt/davit/davit-dyno\0--socket\0/data/run/dynos2/a.sock\0"sv, places), "");
}

TEST(Inventory, MountsBelowOurFoldersAreFound) {
  const auto found = mounts_below({places.scratch, places.builds},
                                  "22 1 0:20 / / rw - ext4 /dev/vda rw\n"
                                  "40 22 0:31 / /data/scratch/a/app rw - overlay overlay rw\n"
                                  "41 22 0:32 / /data/scratch rw - tmpfs tmpfs rw\n"
                                  "42 22 0:33 / /data/builds/b/my\\040dir rw - tmpfs tmpfs rw\n");
  EXPECT_THAT(found, ElementsAre(Finding{Kind::mount, "a", "/data/scratch/a/app"},
                                 Finding{Kind::mount, "b", "/data/builds/b/my dir"}));
}

TEST(Inventory, ATornMountTableHasNone) {
  EXPECT_THAT(mounts_below({places.scratch}, "40 22 0:31\n\n x"), IsEmpty());
}

}  // namespace
}  // namespace davit::inspection
