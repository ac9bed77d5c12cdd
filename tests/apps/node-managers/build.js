// Runs with devDependencies: "ms" is one.
require('fs').writeFileSync('built.txt', require('ms')(60000, { long: true }));
