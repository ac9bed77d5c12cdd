require('http').createServer((q, r) => r.end('never')).listen(process.env.PORT);
