import type { Reporter, TestModule } from 'vitest/node';
import type { LeftOut } from './tools.js';

/** Ends a run with what it left out for want of something, and how to have it: nothing is left out in silence. */
export class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const byReason = new Map<string, { remedy: string; tests: number; files: Set<string> }>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const leftOut = reasonOf(test);
        if (leftOut === undefined) continue;
        const { because, remedy } = leftOut;
        const entry = byReason.get(because) ?? { remedy, tests: 0, files: new Set() };
        byReason.set(because, entry);
        entry.tests += 1;
        entry.files.add(module.relativeModuleId);
      }
    }
    for (const [because, { remedy, tests, files }] of byReason) {
      const one = tests === 1;
      console.log(
        `LEFT OUT: ${tests} ${one ? 'test' : 'tests'} of ${[...files].join(', ')}, as ${because}. ` +
          `To have ${one ? 'it' : 'them'}: ${remedy}.`,
      );
    }
  }
}

type Task = ReturnType<TestModule['children']['allTests']> extends Iterable<infer Test> ? Test : never;

function reasonOf(test: Task): LeftOut | undefined {
  let task: Task | Task['parent'] = test;
  while (task.type !== 'module') {
    const { leftOut } = task.meta();
    if (leftOut !== undefined) return leftOut;
    task = task.parent;
  }
  return undefined;
}
