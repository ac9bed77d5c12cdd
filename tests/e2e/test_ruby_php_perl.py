"""Ruby, PHP and Perl, whose registries are not asked: with gems and modules of the distribution, and packages in the
repository."""
import shutil
import subprocess
import unittest

from language import OFFLINE, LanguageTest


def debian_gem(folder, name, executable=None):
    """Makes a .gem file of a Debian package's Ruby files, in vendor/cache. Returns its version."""
    about = f"s = Gem::Specification.find_by_name('{name}'); print s.version, ' ', s.full_gem_path"
    version, place = subprocess.run(["ruby", "-e", about], check=True, text=True,
                                    stdout=subprocess.PIPE).stdout.split()
    source = folder.parent / f"gem-{name}"
    shutil.copytree(f"{place}/lib", source / "lib")
    executables = ""
    if executable:
        (source / "exe").mkdir()
        (source / "exe" / executable[0]).write_text(f"#!/usr/bin/env ruby\n{executable[1]}\n")
        executables = f's.bindir = "exe"; s.executables = ["{executable[0]}"]'
    (source / "x.gemspec").write_text(
        f'Gem::Specification.new {{ |s| s.name = "{name}"; s.version = "{version}"; s.summary = "x"; '
        f's.authors = ["Debian"]; s.files = Dir["lib/**/*", "exe/*"]; {executables} }}\n')
    target = folder / "vendor/cache"
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gem", "build", "-q", "x.gemspec", "-o", target / f"{name}-{version}.gem"], cwd=source, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return version


class Scripts(LanguageTest):
    def test_rack_with_gems_of_the_distribution_in_vendor_cache(self):
        folder = self.create("ruby", "ruby-rack")
        self.refused(folder, "There is a Gemfile without a Gemfile.lock", "failed to compile Ruby app")
        rack = debian_gem(folder, "rack", ("rackup", 'require "rack"; Rack::Server.start'))
        webrick = debian_gem(folder, "webrick")
        self.davit.commit(folder, "lock", **{"Gemfile__lock": (
            "GEM\n  remote: https://rubygems.org/\n  specs:\n    not-to-be-installed (1.0)\n"
            f"    rack ({rack})\n    webrick ({webrick})\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  not-to-be-installed\n"
            "  rack (~> 2.2)\n  webrick\n\nBUNDLED WITH\n   2.3.15\n")})
        self.deploy(folder, "Running: bundle install -j4", f"Installing rack {rack}", "Default types for buildpack -> ")
        self.assertEqual(self.davit.get("ruby").text, f"rack {rack} here, production, secret of 128")
        self.assertEqual(self.types("ruby")["web"], "bundle exec rackup config.ru -p $PORT")
        pushed = self.deploy_again(folder, "Restoring the gems of the last build", f"Using rack {rack}")
        self.assertNotIn("Installing rack", pushed)
        self.assertIn(f"rack {rack} here", self.davit.get("ruby").text)
        self.change(folder, "Gemfile", '"~> 2.2"', '"~> 3.0"')
        self.refused(folder, "Bundler could not install the gems", "failed to compile Ruby app")
        self.assertIn(f"rack {rack} here", self.davit.get("ruby").text)

    def test_psgi_with_modules_of_the_distribution(self):
        folder = self.create("perl", "perl-psgi")
        self.set_config("perl", **OFFLINE)
        self.deploy(folder, "Perl app detected", "Running: cpanm --quiet --notest -l local --installdeps .")
        self.assertEqual(self.davit.get("perl", "/x").text, "perl here, production: /x")
        self.deploy_again(folder)
        self.davit.commit(folder, "more", cpanfile="requires 'A::Module::That::Nobody::Wrote';\n")
        self.refused(folder, "The modules of cpanfile could not be installed", "failed to compile Perl app")
        self.assertEqual(self.davit.get("perl", "/x").text, "perl here, production: /x")

    def test_composer_with_packages_in_the_repository_and_php_fpm_behind_nginx(self):
        folder = self.create("composer", "php-composer")
        self.deploy(folder, "PHP app detected", '"^8.1" of require.php', "Installing example/greeting",
                    "Running: composer compile")
        self.assertEqual(self.types("composer"), {"web": "heroku-php-nginx public/"})
        self.assertEqual(self.davit.get("composer", "/a/b?c=d").text,
                         "good morning from PHP 8 by fpm-fcgi: /a/b?c=d")
        self.assertIn("20", self.davit.get("composer", "/compiled.txt").text)
        self.assertEqual(self.davit.get("composer", "/.git/config").status, 404)
        # The way of real Procfiles.
        self.deploy_again(folder, Procfile="web: vendor/bin/heroku-php-apache2 public/\n")
        self.assertIn("by fpm-fcgi", self.davit.get("composer", "/").text)
        self.change(folder, "composer.json", "ext-mbstring", "ext-redis")
        self.refused(folder, "extensions that this server's PHP does not have: redis", "apt-get install php-redis")
        self.change(folder, "composer.json", "ext-redis", "ext-mbstring")
        self.change(folder, "composer.json", '"1.0.0"', '"2.0.0"')
        self.refused(folder, "Composer could not install the packages", "failed to compile PHP app")
        self.assertIn("by fpm-fcgi", self.davit.get("composer", "/").text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
