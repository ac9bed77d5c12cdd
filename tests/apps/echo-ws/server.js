'use strict';
// RFC 6455, as little of it as an echo needs. `Upgrade: raw-echo` gives the bare bytes back.
const crypto = require('crypto');
const http = require('http');

const sockets = new Set();
const server = http.createServer((request, response) => response.end(`echo-ws version 1 ${process.env.DYNO || ''}\n`));

// Takes one frame off the front of `buffer`; undefined: more bytes are needed.
function takeFrame(buffer) {
  if (buffer.length < 2) return undefined;
  let length = buffer[1] & 0x7f;
  let start = 2;
  if (length === 126) {
    if (buffer.length < 4) return undefined;
    length = buffer.readUInt16BE(2);
    start = 4;
  } else if (length === 127 || !(buffer[1] & 0x80)) {
    return null;
  }
  const end = start + 4 + length;
  if (buffer.length < end) return undefined;
  const mask = buffer.subarray(start, start + 4);
  const payload = Buffer.from(buffer.subarray(start + 4, end));
  for (let i = 0; i < payload.length; ++i) payload[i] ^= mask[i & 3];
  return { opcode: buffer[0] & 0x0f, first: buffer[0], payload, rest: buffer.subarray(end) };
}

function makeFrame(first, payload) {
  const head = payload.length < 126 ? Buffer.from([first, payload.length])
    : Buffer.from([first, 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, payload]);
}

function echo(socket, head) {
  let buffer = head;
  const work = () => {
    for (let frame; (frame = takeFrame(buffer)) !== undefined;) {
      if (frame === null) return socket.destroy();
      buffer = frame.rest;
      if (frame.opcode === 8) return socket.end(makeFrame(0x88, frame.payload.subarray(0, 125)));
      socket.write(makeFrame(frame.opcode === 9 ? 0x8a : frame.first & 0x8f, frame.payload));
    }
  };
  socket.on('data', (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    work();
  });
  work();
}

server.on('upgrade', (request, socket, head) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => socket.destroy());
  const kind = String(request.headers.upgrade).toLowerCase();
  if (kind === 'raw-echo') {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw-echo\r\nConnection: Upgrade\r\n\r\n');
    socket.write(head);
    socket.pipe(socket);
    return;
  }
  const key = request.headers['sec-websocket-key'];
  if (kind !== 'websocket' || !key) return socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  const accept = crypto.createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  echo(socket, head);
});

server.listen(process.env.PORT || 3000, () => console.log('listening'));
process.on('SIGTERM', () => {
  for (const socket of sockets) socket.end(makeFrame(0x88, Buffer.from([0x03, 0xe9])));  // 1001: going away
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
