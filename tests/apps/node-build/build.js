'use strict';
// Stands for a bundler: needs a devDependency, writes dist/.
const fs = require('fs');
const ms = require('ms');
fs.mkdirSync('dist', { recursive: true });
const source = fs.readFileSync('src/server.js', 'utf8');
fs.writeFileSync('dist/server.js', source.replace('__KEEP_ALIVE__', String(ms('95s'))));
// What a bundler keeps for its next run.
const runs = '.next/cache/webpack/runs';
fs.mkdirSync('.next/cache/webpack', { recursive: true });
const run = 1 + (fs.existsSync(runs) ? Number(fs.readFileSync(runs, 'utf8')) : 0);
fs.writeFileSync(runs, String(run));
console.log(`built dist/server.js, run ${run}`);
