/** What the shell learns. Documented in `synthcart --help`; additive only. */
export const EXIT = {
  done: 0,
  /** The run failed or was cancelled, or the platform refused the request. */
  failed: 1,
  /** The command line is wrong, or a file that it names can't be read. */
  usage: 2,
  /** No platform answers there. */
  unreachable: 3,
  interrupted: 130,
} as const;
