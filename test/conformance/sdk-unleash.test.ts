import * as entry from '../../src/hooks/unleash.js';
import { subject } from '../sdks/unleash.js';
import { describeSdk } from '../support/sdk-suite.js';

describeSdk(subject, entry);
