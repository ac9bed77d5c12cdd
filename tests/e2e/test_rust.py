"""Rust: a crate of the registry, a warm cache, a toolchain that is not there."""
import unittest

from language import OFFLINE, LanguageTest


class Rust(LanguageTest):
    def test_a_crate_of_the_registry_its_cache_and_what_fails(self):
        folder = self.create("rusty", "rust-web")
        self.deploy(folder, "Rust app detected", '"^1.70" of rust-version in Cargo.toml',
                    "Running: cargo build --release --locked", "Compiling tiny_http", "Programs: rust-web")
        self.assertEqual(self.davit.get("rusty", "/x").text, "rust here: /x")
        self.assertEqual(self.types("rusty"), {"web": "target/release/rust-web"})
        # Downloaded and compiled is only what changed: the app.
        self.set_config("rusty", **OFFLINE)
        self.change(folder, "src/main.rs", "rust here", "rust again")
        pushed = self.deploy(folder, "Compiling rust-web")
        self.assertNotIn("tiny_http", pushed)
        self.assertEqual(self.davit.get("rusty", "/x").text, "rust again: /x")
        self.change(folder, "Cargo.toml", "0.1.0", "0.2.0")
        self.refused(folder, "cargo could not build the app", "--locked", "failed to compile Rust app")
        self.davit.commit(folder, "another Rust", **{"rust-toolchain": "1.2.3\n"})
        self.refused(folder, 'there is no Rust for "1.2.3" of rust-toolchain', "(the distribution's)")


if __name__ == "__main__":
    unittest.main(verbosity=2)
