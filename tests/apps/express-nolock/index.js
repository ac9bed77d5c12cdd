'use strict';
const express = require('express');
const VERSION = 'version 1';

const app = express();
app.get('/', (request, response) => {
  response.type('text').send(`express ${VERSION} ${process.env.DYNO || ''} ${process.env.GREETING || ''}\n`);
});
app.get('/info', (request, response) => {
  response.json({ dyno: process.env.DYNO || '', version: VERSION, protocol: request.get('x-forwarded-proto') || '' });
});
app.post('/echo', express.raw({ type: '*/*', limit: '10mb' }), (request, response) => response.send(request.body));
app.get('/slow', (request, response) => {
  const wait = Math.min(Number(request.query.ms) || 1000, 60000);
  setTimeout(() => response.send(`slow ${VERSION}\n`), wait);
});

const server = app.listen(process.env.PORT || 3000, () => console.log(`${VERSION} listening`));
server.keepAliveTimeout = 95000;
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
