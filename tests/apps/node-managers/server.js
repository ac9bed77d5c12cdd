// Answers with what was built and what it runs on. Listens as an app written for OpenShift does.
const fs = require('fs');
const http = require('http');
const escape = require('escape-html');
const greeting = require('@example/greeting');
let devDependency = 'gone';
try {
  require.resolve('ms');
  devDependency = 'there';
} catch {
  // pruned
}
http.createServer((request, response) => {
  response.end(escape(`${greeting}; ${fs.readFileSync('built.txt', 'utf8')}; node ${process.version}; ms ${devDependency}`));
}).listen(process.env.OPENSHIFT_NODEJS_PORT, process.env.OPENSHIFT_NODEJS_IP);
