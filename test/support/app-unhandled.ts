/** The reasons of the rejections that nobody handled while `work` went on, which otherwise end a process. */
export async function unhandledDuring(work: () => unknown): Promise<unknown[]> {
  const usual = process.listeners('unhandledRejection');
  const reasons: unknown[] = [];
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => reasons.push(reason));
  try {
    await work();
    // Node tells of them once the turn's microtasks are done.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of usual) process.on('unhandledRejection', listener);
  }
  return reasons;
}
