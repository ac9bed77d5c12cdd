#include "server/git/push_plan.hpp"

#include <gtest/gtest.h>

#include "server/git/ref_name.hpp"
#include "server/git/repository.hpp"

namespace davit::git {
namespace {

const std::string id_a(40, 'a');
const std::string id_b(40, 'b');
const std::string zero(zero_id);

RefCommand command(const std::string& ref, const std::string& old_id, const std::string& new_id) {
  return {CommitId::parse(old_id).value(), CommitId::parse(new_id).value(), ref};
}

PushPlan plan_of(std::vector<RefCommand> commands, bool atomic = false) {
  PushRequest request;
  request.commands = std::move(commands);
  if (atomic) request.capabilities.insert("atomic");
  return PushPlan(request);
}

TEST(PushPlan, MainWinsOverMaster) {
  auto plan =
      plan_of({command("refs/heads/master", zero, id_a), command("refs/tags/v1", zero, id_a),
               command("refs/heads/main", zero, id_b)});
  plan.check({});
  ASSERT_NE(plan.deploy(), nullptr);
  EXPECT_EQ(plan.deploy()->ref, "refs/heads/main");
  EXPECT_EQ(plan.accepted().size(), 3U);
  EXPECT_NE(plan.notes().find("'master' stored"), std::string::npos);
}

TEST(PushPlan, OtherBranchesAreStoredAndSaySo) {
  auto plan = plan_of({command("refs/heads/x", zero, id_a)});
  plan.check({});
  EXPECT_EQ(plan.deploy(), nullptr);
  EXPECT_NE(plan.notes().find("-----> Branch 'x' stored. Only main and master are deployed"),
            std::string::npos);
}

TEST(PushPlan, TheDeployBranchCannotBeDeleted) {
  Refs refs;
  refs.ids = {{"refs/heads/main", id_a}, {"refs/heads/x", id_a}};
  auto plan =
      plan_of({command("refs/heads/main", id_a, zero), command("refs/heads/x", id_a, zero)});
  plan.check(refs);
  EXPECT_NE(plan.outcomes()[0].reason, "");
  EXPECT_EQ(plan.outcomes()[1].reason, "");
}

TEST(PushPlan, AtomicIsAllOrNothing) {
  auto plan = plan_of({command("refs/heads/main", zero, id_a), command("HEAD", zero, id_a)}, true);
  plan.check({});
  EXPECT_TRUE(plan.accepted().empty());
  EXPECT_EQ(plan.outcomes()[0].reason, "atomic push failure");
}

TEST(PushPlan, ARefThatMovedIsRefused) {
  Refs refs;
  refs.ids = {{"refs/heads/main", id_b}};
  auto plan = plan_of({command("refs/heads/main", id_a, id_b)});
  plan.check(refs);
  EXPECT_EQ(plan.outcomes()[0].reason, "fetch first");
}

TEST(PushPlan, NamesThatCannotBothExistAreRefused) {
  Refs refs;
  refs.ids = {{"refs/heads/a/b", id_a}};
  auto plan = plan_of({command("refs/heads/a", zero, id_a), command("refs/tags/t", zero, id_a),
                       command("refs/tags/t/u", zero, id_a)});
  plan.check(refs);
  EXPECT_EQ(plan.outcomes()[0].reason, "the name clashes with refs/heads/a/b");
  EXPECT_EQ(plan.accepted().size(), 1U);
}

TEST(RefName, OnlyValidBranchesAndTags) {
  const Libgit2User library;
  EXPECT_TRUE(check_ref_name("refs/heads/feature/x-1"));
  EXPECT_TRUE(check_ref_name("refs/tags/v1.0"));
  for (const auto& name :
       {std::string("HEAD"), std::string("refs/heads/"), std::string("refs/heads/../../x"),
        std::string("refs/notes/x"), std::string("refs/heads/a\nb"), std::string("refs/heads/a b"),
        std::string("refs/heads/x.lock"), std::string("refs/heads/HEAD"),
        std::string("refs/heads//x"), std::string("refs/heads/a\0b", 14),
        "refs/heads/" + std::string(300, 'n')}) {
    EXPECT_FALSE(check_ref_name(name)) << name;
  }
}

}  // namespace
}  // namespace davit::git
