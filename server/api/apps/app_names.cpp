#include "server/api/apps/app_names.hpp"

#include <array>
#include <string_view>

namespace davit::api {
namespace {

// Short and friendly: the longest pair with a number of five digits is within an app name's 30
// characters.
constexpr auto adjectives = std::to_array<std::string_view>(
    {"amber",   "ancient", "arctic",   "autumn",  "blazing",   "blooming", "bold",     "brave",
     "breezy",  "bright",  "brisk",    "calm",    "cheerful",  "clear",    "clever",   "coastal",
     "cool",    "cosmic",  "cosy",     "crimson", "crisp",     "curious",  "dapper",   "daring",
     "dawn",    "dewy",    "eager",    "early",   "electric",  "emerald",  "fancy",    "floating",
     "fluffy",  "fresh",   "friendly", "gentle",  "gleaming",  "golden",   "graceful", "grand",
     "hidden",  "honest",  "humble",   "icy",     "jolly",     "keen",     "kind",     "lively",
     "lucky",   "lunar",   "mellow",   "merry",   "mighty",    "misty",    "modest",   "nimble",
     "noble",   "patient", "peaceful", "plucky",  "polished",  "proud",    "quick",    "quiet",
     "radiant", "rapid",   "restful",  "rising",  "rustic",    "serene",   "shiny",    "silent",
     "silver",  "sincere", "snowy",    "solar",   "sparkling", "steady",   "stellar",  "sunny",
     "swift",   "tidal",   "tranquil", "upbeat",  "velvet",    "vivid",    "warm",     "wild",
     "winter",  "wise",    "witty",    "young",   "zesty"});

constexpr auto nouns = std::to_array<std::string_view>(
    {"anchor",  "apple",  "aspen",   "bamboo",    "bay",     "beacon",  "birch",   "bird",
     "breeze",  "bridge", "brook",   "bumblebee", "canyon",  "castle",  "cedar",   "cherry",
     "cliff",   "cloud",  "clover",  "coast",     "comet",   "coral",   "cove",    "crane",
     "creek",   "daisy",  "dawn",    "delta",     "dolphin", "dune",    "eagle",   "falcon",
     "fern",    "field",  "finch",   "fjord",     "flower",  "forest",  "fox",     "garden",
     "glacier", "glade",  "grove",   "harbor",    "hawk",    "heron",   "hill",    "horizon",
     "island",  "ivy",    "kestrel", "lagoon",    "lake",    "lantern", "leaf",    "lily",
     "lynx",    "maple",  "marble",  "meadow",    "mesa",    "moon",    "moss",    "mountain",
     "oak",     "ocean",  "olive",   "orchard",   "otter",   "owl",     "panda",   "path",
     "peak",    "pebble", "pine",    "plateau",   "pond",    "poplar",  "prairie", "puffin",
     "rain",    "raven",  "reef",    "ridge",     "river",   "robin",   "sequoia", "shore",
     "sky",     "snow",   "spring",  "star",      "stone",   "storm",   "stream",  "summit",
     "sunset",  "swan",   "thunder", "tide",      "trail",   "tulip",   "valley",  "violet",
     "water",   "wave",   "willow",  "wind",      "wren"});

}  // namespace

std::string random_app_name(Random& random) {
  const auto adjective = adjectives[random.below(adjectives.size())];
  const auto noun = nouns[random.below(nouns.size())];
  return fmt::format("{}-{}-{}", adjective, noun, 10'000 + random.below(90'000));
}

}  // namespace davit::api
