import { createRequire } from 'node:module';
import { BackendError } from '../store/backend-error.js';

/**
 * Loads an optional peer when it is needed.
 *
 * @param via a package that brings it: the copy which that one uses
 * @throws BackendError `package-missing`, saying how to install it
 */
export function loadPackage<T>(name: string, via?: string): T {
  const own = createRequire(import.meta.url);
  try {
    return (via === undefined ? own : createRequire(own.resolve(via)))(name) as T;
  } catch (error) {
    throw new BackendError(
      'package-missing',
      `${name} is needed, which could not be loaded. Add it: npm install ${name}, or for npx -p ${name}.`,
      error,
    );
  }
}
