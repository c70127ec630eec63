import { createConnection } from 'node:net';

/** Connections that are busy all the time. */
const CONNECTIONS = 8;

/**
 * Sends that many requests, each as soon as its connection has the answer to the one before.
 *
 * On bare sockets, because this process shares the machine with the one that is measured.
 *
 * @param {number} port
 * @param {number} requests
 * @returns {Promise<number[]>} Their latencies, in milliseconds.
 */
export async function load(port, requests) {
  const latencies = [];
  let sent = 0;
  const next = () => {
    sent += 1;
    return sent <= requests ? sent : undefined;
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => connection(port, next, latencies)));
  return latencies;
}

function connection(port, next, latencies) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    let received = '';
    let startMs = 0;
    const send = () => {
      const number = next();
      if (number === undefined) {
        socket.end();
        resolve();
        return;
      }
      startMs = performance.now();
      socket.write(`GET /products/user-${number} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    };
    socket.on('connect', send).on('error', reject);
    socket.on('data', (text) => {
      received += text;
      const body = received.indexOf('\r\n\r\n') + 4;
      const length = /content-length: (\d+)/i.exec(received)?.[1];
      if (body < 4 || length === undefined || received.length < body + Number(length)) return;
      if (!received.startsWith('HTTP/1.1 200')) reject(new Error(`answered ${received.slice(0, 200)}`));
      received = '';
      latencies.push(performance.now() - startMs);
      send();
    });
  });
}
