"""Java: Maven with its registry, and Gradle of the distribution without one."""
import json
import unittest

from language import OFFLINE, SHORT_LIVED, LanguageTest


class Java(LanguageTest):
    def test_maven_its_cache_a_heap_of_the_dynos_size_and_what_fails(self):
        folder = self.create("maven", "java-maven")
        self.set_config("maven", JAVA_TOOL_OPTIONS=SHORT_LIVED)
        self.deploy(folder, "Java app detected", '"17" of system.properties',
                    "Running: mvn -B -DskipTests clean dependency:list install", "Downloaded from central", "BUILD SUCCESS")
        page = json.loads(self.davit.get("maven").text)
        self.assertEqual(page["java"], 17)
        self.assertEqual(self.types("maven"), {"web": "java $JAVA_OPTS -jar target/web.jar"})
        # Three fifths of a small dyno; the config var wins, and the repository is here.
        self.assertLessEqual(page["heap"], 512)
        self.set_config("maven", JAVA_TOOL_OPTIONS=f"{SHORT_LIVED} -Xmx123m", **OFFLINE)
        pushed = self.deploy_again(folder, "BUILD SUCCESS")
        self.assertNotIn("Downloading", pushed)
        self.assertIn(json.loads(self.davit.get("maven").text)["heap"], range(110, 130))
        self.change(folder, "src/main/java/web/Main.java", "feature()", "future()")
        self.refused(folder, "cannot find symbol", "Maven could not build the app", "failed to compile Java app")
        self.davit.commit(folder, "old", **{"system__properties": "java.runtime.version=zulu-11.0.2\n"})
        self.refused(folder, 'there is no Java for "^11.0.2" of system.properties', "17.0.")

    def test_gradle_without_dependencies_for_its_registry_is_not_needed(self):
        folder = self.create("gradle", "java-gradle")
        self.set_config("gradle", JAVA_TOOL_OPTIONS=SHORT_LIVED)
        self.deploy(folder, "Gradle app detected", "Running: gradle build -x check", "BUILD SUCCESSFUL")
        self.assertEqual(self.davit.get("gradle").text, "gradle here")
        self.assertEqual(self.types("gradle"), {"web": "java $JAVA_OPTS -jar build/libs/web.jar"})
        (folder / "build.gradle").write_text((folder / "build.gradle").read_text() + "\ntask stage(dependsOn: 'jar')\n")
        self.deploy_again(folder, "Running: gradle stage", ":compileJava FROM-CACHE")
        self.assertEqual(self.davit.get("gradle").text, "gradle here")
        self.change(folder, "src/main/java/web/Main.java", '"gradle here"', '"gradle here')
        self.refused(folder, "unclosed string literal", "Gradle could not build the app", "failed to compile Gradle app")
        # A wrapper that cannot even fetch its Gradle.
        wrapper = folder / "gradle/wrapper"
        wrapper.mkdir(parents=True)
        (wrapper / "gradle-wrapper.properties").write_text(
            "distributionUrl=https\\://me:secret@127.0.0.1/gradle-8.10.2-bin.zip\n")
        self.davit.commit(folder, "wrapper", gradlew="#!/bin/sh\necho no route >&2\nexit 1\n")
        self.refused(folder, "gradlew needs gradle/wrapper/gradle-wrapper.jar, which is not in the repository")
        (wrapper / "gradle-wrapper.jar").write_text("x")
        self.davit.commit(folder, "jar")
        self.refused(folder, "could not fetch gradle-8.10.2 from https://127.0.0.1/gradle-8.10.2-bin.zip.", "name a mirror")


if __name__ == "__main__":
    unittest.main(verbosity=2)
