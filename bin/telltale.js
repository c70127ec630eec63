#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(`telltale needs Node 22.15 or newer; this is ${process.version}.`);
  process.exitCode = 70;
} else {
  const { main } = await import('../dist/cli/main.js');
  await main(process.argv.slice(2));
}
