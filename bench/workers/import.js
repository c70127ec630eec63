// Prints how long the entry points of an Express application take to load once the API is there, in milliseconds:
// by the clock, and of CPU on the main thread, which is the same where nothing else runs on the machine.
import '@opentelemetry/api';

const start = performance.now();
const before = process.threadCpuUsage();
await import('telltale/express');
await import('telltale/openfeature');
const { user, system } = process.threadCpuUsage(before);
console.log(JSON.stringify({ clock: performance.now() - start, cpu: (user + system) / 1_000 }));
