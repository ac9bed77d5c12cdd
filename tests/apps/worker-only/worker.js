'use strict';
const VERSION = 'version 1';
let count = 0;
console.log(`worker ${VERSION} ${process.env.DYNO || ''} started`);
const timer = setInterval(() => console.log(`tick ${++count}`), Number(process.env.TICK_MS) || 1000);
process.on('SIGTERM', () => {
  clearInterval(timer);
  console.log('worker done');
});
