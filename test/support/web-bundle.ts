import { type OutputChunk, rolldown } from 'rolldown';

/** What a bundler makes of a file for a page. */
export interface PageBundle {
  readonly code: string;
  /** What it still asks for, by name. */
  readonly imports: readonly string[];
}

/**
 * Bundles a file for browsers into one, minified.
 *
 * @param external Packages that stay outside.
 * @throws Error on any warning, such as of a module that browsers do not have.
 */
export async function bundleForBrowser(input: string, external: string[] = []): Promise<PageBundle> {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    external,
    onwarn(warning) {
      throw new Error(warning.message);
    },
  });
  try {
    const { output } = await bundle.generate({ minify: true, codeSplitting: false });
    const chunk: OutputChunk = output[0];
    return { code: chunk.code, imports: [...chunk.imports, ...chunk.dynamicImports] };
  } finally {
    await bundle.close();
  }
}
