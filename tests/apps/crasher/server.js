'use strict';
// CRASH: "boot" ends before it listens; "after-listen" ends 100 ms after; "never-listens" stays without a port;
// "ignores-sigterm" has to be killed. GET /crash ends the dyno at once, GET /exit0 with code 0.
const http = require('http');
const mode = process.env.CRASH || '';

if (mode === 'boot') {
  console.error('crashing at boot');
  process.exit(1);
}
if (mode === 'never-listens') {
  setInterval(() => {}, 1000);
} else {
  const server = http.createServer((request, response) => {
    if (request.url === '/crash') {
      console.error('crashing as asked');
      process.exit(7);
    }
    if (request.url === '/exit0') process.exit(0);
    response.end(`crasher version 1 ${process.env.DYNO || ''}\n`);
  });
  server.listen(process.env.PORT || 3000, () => {
    console.log('listening');
    if (mode === 'after-listen') setTimeout(() => process.exit(1), 100);
  });
  process.on('SIGTERM', () => {
    if (mode === 'ignores-sigterm') return;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
