// node inspect.js BUILD_DIR NPM_ROOT
// Prints what the pack wants to know of package.json as NUL-ended "key=value" items: one start of node for all of it.
'use strict';
const fs = require('fs');
const path = require('path');
const [buildDir, npmRoot] = process.argv.slice(2);

const print = (key, value) => process.stdout.write(`${key}=${value ?? ''}\0`);

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
}

// node_modules of an earlier build may be used again only if nothing but package.json, the lock file and registry
// packages went into it.
function modulesReusable(pkg, scripts) {
  const lockFile = path.join(buildDir, 'package-lock.json');
  if (!fs.existsSync(lockFile) || pkg.workspaces) return false;
  const hooks = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare', 'prepublish',
    'heroku-prebuild', 'dependencies'];
  if (hooks.some((name) => scripts[name])) return false;
  const packages = readJson(lockFile).packages;
  if (!packages) return false;
  return Object.entries(packages).every(([place, entry]) => place === '' ||
    (place.startsWith('node_modules/') && !entry.link && !String(entry.resolved ?? '').startsWith('file:')));
}

const pkg = readJson(path.join(buildDir, 'package.json'));
const scripts = pkg.scripts && typeof pkg.scripts === 'object' ? pkg.scripts : {};
const node = process.version.slice(1);
const npm = readJson(path.join(npmRoot, 'package.json')).version;

print('node', node);
print('npm', npm);
print('arch', process.arch);
print('main', pkg.main);
// npm's own semver: what it would say itself.
const wanted = typeof pkg.engines?.npm === 'string' && !pkg.packageManager ? pkg.engines.npm :
  /^npm@([^+]+)/.exec(pkg.packageManager ?? '')?.[1];
print('npm_wanted', wanted);
if (wanted) {
  const semver = require(path.join(npmRoot, 'node_modules', 'semver'));
  print('npm_fits', semver.validRange(wanted) === null || semver.satisfies(npm, wanted) ? 'yes' : '');
}
print('has_dev', Object.keys(pkg.devDependencies ?? {}).length > 0 ? 'yes' : '');
for (const name of ['heroku-prebuild', 'heroku-postbuild', 'build', 'heroku-cleanup', 'start']) {
  print(`script_${name}`, scripts[name] ? 'yes' : '');
}
// Inside the app, below no name that a shell or tar takes for something else; node_modules is kept anyway.
const folders = [pkg.cacheDirectories ?? pkg.cache_directories].flat().filter((folder) => typeof folder === 'string')
  .map((folder) => path.posix.normalize(folder).replace(/\/$/, ''))
  .filter((folder) => /^[\w.@][\w.@/-]*$/.test(folder) && !/^(\.\.?|node_modules|\.\.\/.*)$/.test(folder));
print('cache_folders', folders.slice(0, 20).join('\t'));
let reusable = false;
try {
  reusable = modulesReusable(pkg, scripts);
} catch {
  // npm will say what is wrong with the lock file
}
print('reusable', reusable ? 'yes' : '');
