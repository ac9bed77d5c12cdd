'use strict';
const http = require('http');
const escapeHtml = require('escape-html');
const VERSION = 'version 1';

const server = http.createServer((request, response) => {
  response.end(`node-build ${VERSION} ${escapeHtml(process.env.DYNO || '')}\n`);
});
server.keepAliveTimeout = __KEEP_ALIVE__;
server.listen(process.env.PORT || 3000, () => console.log(`${VERSION} listening`));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
