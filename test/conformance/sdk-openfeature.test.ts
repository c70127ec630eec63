import * as entry from '../../src/hooks/openfeature.js';
import { subject } from '../sdks/openfeature.js';
import { describeSdk } from '../support/sdk-suite.js';

describeSdk(subject, entry);
