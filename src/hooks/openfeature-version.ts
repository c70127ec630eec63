import { warnOfVersion } from './sdk-version.js';

/** Loaded when a hook is made: it is needed once, and nothing waits for it. */
export function warn(): void {
  warnOfVersion('TelltaleHook', [{ name: '@openfeature/server-sdk', from: '1.17.0', below: 2 }]);
}
