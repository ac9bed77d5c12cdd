"""C++ with CMake, Meson and make; apps that are nothing but a Procfile, and those that are their own pack."""
import unittest

from language import LanguageTest


class Cpp(LanguageTest):
    def test_cmake_meson_and_make_with_what_ccache_kept(self):
        folder = self.create("cplus", "cpp-web")
        self.deploy(folder, "C++ app detected", "Running: cmake --build build -j2", "Programs: build/web")
        self.assertEqual(self.davit.get("cplus").text, "C++ here, built with CMake")
        self.assertEqual(self.types("cplus"), {"web": "build/web"})
        self.change(folder, "page.cpp", "here", "again")
        self.deploy(folder, "ccache: 1 of 2 objects were compiled by an earlier build")
        self.assertEqual(self.davit.get("cplus").text, "C++ again, built with CMake")
        (folder / "CMakeLists.txt").unlink()
        self.deploy_again(folder, "Running: meson compile", "Programs: build/web")
        self.assertEqual(self.davit.get("cplus").text, "C++ again, built with Meson")
        (folder / "meson.build").unlink()
        self.deploy_again(folder, "Running: make", "Programs: web")
        self.assertEqual(self.davit.get("cplus").text, "C++ again, built with make")
        self.change(folder, "page.cpp", "again", 'again" broken')
        self.refused(folder, "error:", "failed; its output is above.", "failed to compile C++ app")
        self.assertEqual(self.davit.get("cplus").text, "C++ again, built with make")

    def test_a_procfile_alone_and_an_app_that_is_its_own_pack(self):
        folder = self.create("own", "procfile-only")
        self.set_config("own", MODE="fast")
        self.deploy(folder, "Procfile app detected", "Running bin/compile of the app")
        self.assertEqual(self.davit.get("own").text, "built 1 times, MODE=fast\n")
        self.deploy_again(folder)
        self.assertEqual(self.davit.get("own").text, "built 2 times, MODE=fast\n")
        self.davit.commit(folder, "broken", broken="")
        self.refused(folder, "cannot go on", "bin/compile of the app failed with 3")
        (folder / "bin/compile").unlink()
        (folder / "page").mkdir()
        (folder / "page/index.html").write_text("as committed\n")
        self.deploy_again(folder, "Nothing to build")
        self.assertEqual(self.davit.get("own").text, "as committed\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
