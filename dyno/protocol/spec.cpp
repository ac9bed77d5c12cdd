#include "dyno/protocol/spec.hpp"

#include <algorithm>
#include <cctype>

#include "dyno/protocol/fields.hpp"
#include "dyno/protocol/interaction.hpp"

namespace davit::dyno {
namespace {

using nlohmann::json;

constexpr std::size_t mounts_max = 64;
constexpr std::size_t id_bytes_max = 64;  // it becomes a file name beside a long socket path
constexpr std::uint32_t cpu_weight_max = 10'000;  // the kernel's (cgroup v2, cpu.weight)
constexpr std::size_t name_bytes_max = 144;       // process type (128) and number

bool is_word(std::string_view text, std::size_t bytes_max, std::string_view extra) {
  return !text.empty() && text.size() <= bytes_max && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [&](unsigned char c) {
           return std::isalnum(c) != 0 || extra.find(static_cast<char>(c)) != extra.npos;
         });
}

// Absolute, and no component that leads elsewhere than it says.
bool is_plain_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  while (!path.empty()) {
    const auto next = path.find('/', 1);
    const auto part = path.substr(1, next == path.npos ? path.npos : next - 1);
    if (part == "." || part == "..") return false;
    path = next == path.npos ? std::string_view() : path.substr(next);
  }
  return true;
}

std::string_view mode_name(MountMode mode) {
  switch (mode) {
    case MountMode::read_only: return "read_only";
    case MountMode::read_write: return "read_write";
    case MountMode::overlay: return "overlay";
  }
  return "read_only";
}

Result<Mount> mount_from_json(const json& value) {
  Mount mount;
  std::string mode;
  Fields fields(value, "spec mount");
  fields.required("source").text("source", mount.source);
  fields.required("target").text("target", mount.target);
  fields.required("mode").text("mode", mode);
  if (!is_plain_path(mount.source)) fields.refuse("source", "is not an absolute path");
  if (!is_plain_path(mount.target) || mount.target == "/") {
    fields.refuse("target", "is not an absolute path below '/'");
  }
  const auto modes = {MountMode::read_only, MountMode::read_write, MountMode::overlay};
  const auto* found = std::find_if(modes.begin(), modes.end(),
                                   [&](MountMode known) { return mode_name(known) == mode; });
  if (found == modes.end()) {
    fields.refuse("mode", "is none of read_only, read_write, overlay");
  } else {
    mount.mode = *found;
  }
  DAVIT_TRY(fields.result());
  return mount;
}

Result<Limits> limits_from_json(const json& value) {
  Limits limits;
  Fields fields(value, "spec limits");
  fields.number("memory_bytes", limits.memory_bytes)
      .number("processes", limits.processes)
      .number("open_files", limits.open_files)
      .number("tmp_bytes", limits.tmp_bytes)
      .number("cpu_weight", limits.cpu_weight)
      .number("cpu_max_percent", limits.cpu_max_percent)
      .number("disk_bytes", limits.disk_bytes);
  if (limits.cpu_weight < 1 || limits.cpu_weight > cpu_weight_max) {
    fields.refuse("cpu_weight", "is not between 1 and 10000");
  }
  DAVIT_TRY(fields.result());
  return limits;
}

Result<std::vector<Mount>> mounts_from_json(const json& list) {
  std::vector<Mount> mounts;
  if (!list.is_array() || list.size() > mounts_max) {
    return fail(Errc::invalid_argument, "spec: 'mounts' is not a list of at most {}", mounts_max);
  }
  for (const auto& item : list) {
    auto mount = mount_from_json(item);
    if (!mount) return std::move(mount).error();
    mounts.push_back(std::move(*mount));
  }
  return mounts;
}

void read_policy(Fields& fields, SpoolPolicy& policy) {
  std::string text = policy == SpoolPolicy::block ? "block" : "drop_oldest";
  fields.text("spool_policy", text);
  if (text != "block" && text != "drop_oldest") {
    fields.refuse("spool_policy", "is neither drop_oldest nor block");
  }
  policy = text == "block" ? SpoolPolicy::block : SpoolPolicy::drop_oldest;
}

// What the members are for each other and for the system calls they end in.
void check(Fields& fields, const Spec& spec) {
  if (!is_word(spec.id, id_bytes_max, "-_")) fields.refuse("id", "is not 1 to 64 of A-Za-z0-9-_");
  if (!is_word(spec.name, name_bytes_max, "-_.")) {
    fields.refuse("name", "is not a dyno's name like 'web.1'");
  }
  if (spec.argv.empty() || spec.argv[0].empty()) fields.refuse("argv", "names no program");
  for (const auto& [key, value] : spec.env) {
    if (key.empty() || key.find('=') != key.npos) fields.refuse("env", "holds a name that is none");
  }
  if (!is_plain_path(spec.cwd)) fields.refuse("cwd", "is not an absolute path");
  // It is removed as root at the end: nothing so short can be a folder of one dyno alone.
  if (!is_plain_path(spec.scratch) ||
      std::count(spec.scratch.begin(), spec.scratch.end(), '/') < 2) {
    fields.refuse("scratch", "is not an absolute path of a folder for this dyno alone");
  }
  if (spec.port == 0) fields.refuse("port", "is 0");
  if (spec.uid == 0) fields.refuse("uid", "is root's");
  if (spec.spool_bytes < 4096) fields.refuse("spool_bytes", "is below 4096");
}

}  // namespace

Result<Spec> Spec::from_json(const json& value) {
  Spec spec;
  Fields fields(value, "spec");
  int version = 0;
  fields.required("version").number("version", version);
  if (version != protocol_version) {
    fields.refuse("version", fmt::format("is not {}; davitd and davit-dyno are of different builds",
                                         protocol_version));
  }
  fields.text("id", spec.id).text("name", spec.name).text("cwd", spec.cwd);
  if (fields.member("stack") != nullptr) fields.text("stack", spec.stack);
  fields.text("scratch", spec.scratch).strings("argv", spec.argv).string_map("env", spec.env);
  fields.milliseconds("stop_grace_ms", spec.stop_grace)
      .milliseconds("time_limit_ms", spec.time_limit)
      .number("spool_bytes", spec.spool_bytes)
      .flag("owner_bound", spec.owner_bound);
  if (fields.member("port") != nullptr) fields.number("port", spec.port.emplace());
  if (fields.member("uid") != nullptr) fields.number("uid", spec.uid.emplace());
  read_policy(fields, spec.spool_policy);
  check(fields, spec);
  if (const auto* list = fields.member("mounts")) {
    auto mounts = mounts_from_json(*list);
    if (!mounts) return std::move(mounts).error();
    spec.mounts = std::move(*mounts);
  }
  if (const auto* object = fields.member("limits")) {
    auto limits = limits_from_json(*object);
    if (!limits) return std::move(limits).error();
    spec.limits = *limits;
  }
  if (const auto* object = fields.member("network")) {
    auto network = Network::from_json(*object);
    if (!network) return std::move(network).error();
    spec.network = std::move(*network);
  }
  if (const auto* list = fields.member("cgroups")) {
    auto cgroups = Cgroups::from_json(*list);
    if (!cgroups) return std::move(cgroups).error();
    spec.cgroups = std::move(*cgroups);
  }
  if (const auto* object = fields.member("interaction")) {
    Fields members(*object, "spec's interaction");
    read_interaction(members, spec.interaction.emplace());
    DAVIT_TRY(members.result());
  }
  DAVIT_TRY(fields.result());
  return spec;
}

json Spec::to_json() const {
  json out{{"version", protocol_version},
           {"id", id},
           {"name", name},
           {"argv", argv},
           {"env", env},
           {"cwd", cwd},
           {"mounts", json::array()},
           {"scratch", scratch},
           {"stop_grace_ms", stop_grace.count()},
           {"time_limit_ms", time_limit.count()},
           {"spool_bytes", spool_bytes},
           {"spool_policy", spool_policy == SpoolPolicy::block ? "block" : "drop_oldest"},
           {"owner_bound", owner_bound},
           {"limits",
            {{"memory_bytes", limits.memory_bytes},
             {"processes", limits.processes},
             {"open_files", limits.open_files},
             {"tmp_bytes", limits.tmp_bytes},
             {"cpu_weight", limits.cpu_weight},
             {"cpu_max_percent", limits.cpu_max_percent},
             {"disk_bytes", limits.disk_bytes}}}};
  for (const auto& mount : mounts) {
    out["mounts"].push_back(
        {{"source", mount.source}, {"target", mount.target}, {"mode", mode_name(mount.mode)}});
  }
  out["network"] = network.to_json();
  if (port) out["port"] = *port;
  if (uid) out["uid"] = *uid;
  if (!stack.empty()) out["stack"] = stack;
  if (!cgroups.empty()) out["cgroups"] = cgroups.to_json();
  if (interaction) put_interaction(out["interaction"], *interaction);
  return out;
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::a: return "A";
    case Level::b: return "B";
    case Level::c: return "C";
  }
  return "C";
}

}  // namespace davit::dyno
