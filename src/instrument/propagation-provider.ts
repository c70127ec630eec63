/** Loading this file puts propagation in; `package.json` names it among the files with side effects. */
import { parseHostRule } from '../core/hosts.js';
import { providePropagation } from '../core/propagation-slot.js';
import { startPropagation } from './propagation.js';
import { receiveFlags } from './propagation-receive.js';

providePropagation({
  start: startPropagation,
  isHostRule: (text) => parseHostRule(text) !== undefined,
  receive: receiveFlags,
});
