import type { FailureCode, FailureLocation } from '../schema/messages/failure.js';

/**
 * A run that can't go on because of the user's data or config. Never retried; its message is shown to the user as it
 * is, so it says what is wrong, where, and how to mend it.
 */
export class UserFailure extends Error {
  override readonly name = 'UserFailure';

  constructor(
    readonly code: FailureCode,
    message: string,
    readonly location: FailureLocation = {},
  ) {
    super(message);
  }
}
