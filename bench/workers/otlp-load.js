// Sends OTLP/HTTP protobuf, as fast as it is acknowledged, on a number of connections; prints how many records were.
import { createConnection } from 'node:net';
import { BATCH, renew, TEMPLATES } from '../support/otlp-bodies.js';

const { port, kind, seconds, connections } = JSON.parse(process.argv[2]);
const templates = Array.from({ length: 2 * connections }, (_, i) => TEMPLATES[kind](i));
const began = performance.now();
const cpuBefore = process.cpuUsage();
let acknowledged = 0;
/** Answers without a partial success, or with an empty one, as collectors write it. */
const EVERYTHING_TAKEN = ['', '\n\0'];

await Promise.all(Array.from({ length: connections }, (_, i) => connection(i)));

const cpu = process.cpuUsage(cpuBefore);
console.log(
  JSON.stringify({
    acknowledged,
    seconds: (performance.now() - began) / 1000,
    cpu: (cpu.user + cpu.system) / 1e6,
  }),
);

function connection(number) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1').setNoDelay(true);
    let received = '';
    let turn = 0;
    const send = () => {
      if (performance.now() - began > seconds * 1000) {
        socket.end();
        resolve();
        return;
      }
      // A body is only changed once its answer is there.
      const template = templates[2 * number + (turn++ % 2)];
      renew(template, Date.now());
      socket.cork();
      socket.write(
        `POST ${template.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${template.body.length}\r\n\r\n`,
      );
      socket.write(template.body);
      socket.uncork();
    };
    socket.on('connect', send).on('error', reject);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const [, length, body] =
        /^HTTP\/1\.1 200 [\s\S]*?content-length: (\d+)\r\n(?:[\s\S]*?\r\n)?\r\n([\s\S]*)/i.exec(received) ??
        [];
      if (length === undefined && received.includes('\r\n\r\n')) reject(new Error(received.slice(0, 500)));
      if (length === undefined || body.length < Number(length)) return;
      if (!EVERYTHING_TAKEN.includes(body)) reject(new Error(`took a part only: ${received.slice(0, 500)}`));
      received = '';
      acknowledged += BATCH;
      send();
    });
  });
}
