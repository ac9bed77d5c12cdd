#include "dyno/protocol/network_abilities.hpp"

#include "base/encoding.hpp"
#include "dyno/protocol/fields.hpp"

namespace davit::dyno {
namespace {

using nlohmann::json;

json to_json(const Ability& ability) {
  return {
      {"works", ability.works}, {"why", to_valid_utf8(ability.why)}, {"program", ability.program}};
}

Result<> read(const Fields& fields, const char* name, Ability& ability) {
  const auto* value = fields.member(name);
  if (value == nullptr) return {};
  Fields inner(*value, fmt::format("network ability '{}'", name));
  inner.flag("works", ability.works).text("why", ability.why).text("program", ability.program);
  return inner.result();
}

}  // namespace

Result<NetworkAbilities> NetworkAbilities::from_json(const json& value) {
  NetworkAbilities abilities;
  const Fields fields(value, "network abilities");
  DAVIT_TRY(fields.result());
  DAVIT_TRY(read(fields, "isolated", abilities.isolated));
  DAVIT_TRY(read(fields, "veth", abilities.veth));
  DAVIT_TRY(read(fields, "pasta", abilities.pasta));
  DAVIT_TRY(read(fields, "filter", abilities.filter));
  return abilities;
}

json NetworkAbilities::to_json() const {
  return {{"isolated", dyno::to_json(isolated)},
          {"veth", dyno::to_json(veth)},
          {"pasta", dyno::to_json(pasta)},
          {"filter", dyno::to_json(filter)}};
}

}  // namespace davit::dyno
