'use strict';
// Stands for a bundler: needs a devDependency, writes dist/.
const fs = require('fs');
const ms = require('ms');
fs.mkdirSync('dist', { recursive: true });
const source = fs.readFileSync('src/server.js', 'utf8');
fs.writeFileSync('dist/server.js', source.replace('__KEEP_ALIVE__', String(ms('95s'))));
console.log('built dist/server.js');
