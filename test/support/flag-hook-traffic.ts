/**
 * What is asked of the fixture `app-flag-hooks`: 60 with the control, 30 with the treatment of which 5 fail, 3 with both; and 7 without a flag.
 */
export const FLAG_HOOK_PATHS: readonly string[] = [
  ...Array.from({ length: 60 }, () => '/checkout'),
  ...Array.from({ length: 25 }, () => '/checkout?on=1'),
  ...Array.from({ length: 5 }, () => '/checkout?on=1&fail=1'),
  ...Array.from({ length: 3 }, () => '/mixed'),
  ...Array.from({ length: 7 }, () => '/health'),
];
