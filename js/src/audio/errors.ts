/** Errors of the page's sound that need to be told apart. */

/** The worklets could not be loaded, for instance because the page's security policy forbids it. */
export class WorkletError extends Error {}
