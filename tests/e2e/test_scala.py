"""Scala by sbt, with everything from Maven's registry. Opt-in (cmake -DDAVIT_SCALA_TESTS=ON): sbt computes for two
minutes until it has compiled the plugin bridge and one file."""
import shutil
import subprocess
import tempfile
import unittest

from language import OFFLINE, LanguageTest

LAUNCHER = "org.scala-sbt:sbt-launch:1.10.7"


class Scala(LanguageTest):
    def test_what_stage_made_is_started_and_a_second_build_needs_no_registry(self):
        folder = self.create("scala", "scala-sbt")
        fetched = tempfile.mkdtemp(prefix="dvt-sbt-")
        self.addCleanup(shutil.rmtree, fetched)
        subprocess.run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={LAUNCHER}", f"-DoutputDirectory={fetched}",
                        "-Dmdep.stripVersion=true"], cwd=fetched, check=True, timeout=300, stdin=subprocess.DEVNULL)
        shutil.copy(f"{fetched}/sbt-launch.jar", folder)
        self.davit.commit(folder, "launcher", sbt='#!/bin/sh\nexec java -jar "$(dirname "$0")/sbt-launch.jar" "$@"\n')
        self.deploy(folder, "Scala app detected", "Running: ./sbt compile stage")
        self.assertEqual(self.types("scala"), {"web": "target/universal/stage/bin/web"})
        self.assertEqual(self.davit.get("scala").text, "scala 2.13.14 here")
        self.set_config("scala", **OFFLINE)
        self.change(folder, "src/main/scala/Main.scala", 'here"', 'again"')
        self.deploy(folder)
        self.assertEqual(self.davit.get("scala").text, "scala 2.13.14 again")
        self.change(folder, "src/main/scala/Main.scala", "server.start", "serveur.start")
        self.refused(folder, "serveur", "sbt could not build the app", "failed to compile Scala app")


if __name__ == "__main__":
    unittest.main(verbosity=2)
