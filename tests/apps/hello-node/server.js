'use strict';
// Says which release and which dyno answered. Change TEXT, commit, push again.
const http = require('http');
const TEXT = 'Hello from Davit';
const RELEASE = process.env.RELEASE_TEXT || 'version 1';

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const page = () => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(TEXT)}</title>
<style>
  body { font: 18px/1.5 system-ui, sans-serif; margin: 12vh auto; max-width: 34rem; padding: 0 1rem; color: #223 }
  h1 { font-size: 2.2rem; margin: 0 0 1rem }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1.5rem }
  dt { color: #667 } dd { margin: 0; font-family: ui-monospace, monospace }
</style>
<h1>${escape(TEXT)}</h1>
<dl>
  <dt>release</dt><dd>${escape(RELEASE)}</dd>
  <dt>dyno</dt><dd>${escape(process.env.DYNO || 'none')}</dd>
  <dt>node</dt><dd>${escape(process.version)}</dd>
</dl>
<p>Edit <code>server.js</code>, commit, and push again.</p>
`;

const server = http.createServer((request, response) => {
  if (request.url === '/info') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ dyno: process.env.DYNO || '', release: RELEASE, text: TEXT }) + '\n');
    return;
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page());
});

server.listen(process.env.PORT || 3000, () => console.log(`listening on ${server.address().port}`));

// Every request that came in is answered before the end.
process.on('SIGTERM', () => {
  console.log('SIGTERM: finishing');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
