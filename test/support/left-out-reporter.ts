import type { Reporter, TestModule } from 'vitest/node';
import { TOOLCHAINS, toolchain } from './tool-paths.js';
import './tools.js';

/** Ends a run with what it left out for want of a program, and how to have it: nothing is left out in silence. */
export class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const leftOut = new Map<string, { tests: number; files: Set<string> }>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const tool = missingTool(test);
        if (tool === undefined) continue;
        const entry = leftOut.get(tool) ?? { tests: 0, files: new Set() };
        leftOut.set(tool, entry);
        entry.tests += 1;
        entry.files.add(module.relativeModuleId);
      }
    }
    for (const [tool, { tests, files }] of leftOut) {
      console.log(
        `LEFT OUT: ${tests} ${tests === 1 ? 'test' : 'tests'} of ${[...files].join(', ')}, as ${tool} is not here. ` +
          `To have ${tests === 1 ? 'it' : 'them'}: install ${TOOLCHAINS[toolchain(tool)]}, run \`npm run tools ${tool}\` (minutes, once).`,
      );
    }
  }
}

type Task = ReturnType<TestModule['children']['allTests']> extends Iterable<infer Test> ? Test : never;

function missingTool(test: Task): string | undefined {
  let task: Task | Task['parent'] = test;
  while (task.type !== 'module') {
    const { missingTool } = task.meta();
    if (missingTool !== undefined) return missingTool;
    task = task.parent;
  }
  return undefined;
}
