// Lets a script import the sources and what the tests share, as they are: Node takes the types away, and where a
// specifier ends in `.js` and there is no such file, the `.ts` beside it is meant.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (!/^\.{1,2}\/.*\.js$/.test(specifier)) return next(specifier, context);
    try {
      return next(specifier, context);
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      return next(specifier.replace(/js$/, 'ts'), context);
    }
  },
});
