// How much is logged; apart from the log itself, so that settings are checked without it.
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
/** What is less is left out. */
export type LogThreshold = (typeof LOG_LEVELS)[number];
