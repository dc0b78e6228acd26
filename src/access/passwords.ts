import { hash, verify } from '@node-rs/argon2';
import { UserError, UserErrorCode } from '../server/errors.js';

const MIN_LENGTH = 10;
/** Longer input costs the hash time and adds nothing. */
const MAX_LENGTH = 200;

/**
 * Argon2id with the library's defaults (19 MiB, 2 passes, 1 lane), which are the first choice of the OWASP Password
 * Storage Cheat Sheet. Runs off the main thread.
 */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

let nobody: Promise<string> | undefined;

/** Without a hash it takes as long as with one, so that time doesn't tell which e-mail addresses have an account. */
export async function passwordMatches(password: string, passwordHash: string | undefined): Promise<boolean> {
  if (password.length > MAX_LENGTH) return false;
  nobody ??= hash('nobody has this password');
  const matches = await verify(passwordHash ?? (await nobody), password);
  return matches && passwordHash !== undefined;
}

/** Throws INVALID_INPUT for a password that is too short, too long, or too plain to be one. */
export function checkPassword(password: string, about: readonly string[], path: readonly string[]): void {
  const wrong = (message: string) => new UserError(UserErrorCode.INVALID_INPUT, message, path);
  if (password.length < MIN_LENGTH) throw wrong(`A password has at least ${MIN_LENGTH} characters.`);
  if (password.length > MAX_LENGTH) throw wrong(`A password has at most ${MAX_LENGTH} characters.`);
  if (new Set(password).size < 5) throw wrong('A password has at least 5 different characters.');
  const plain = password.toLowerCase();
  if (about.some((text) => text.toLowerCase() === plain)) {
    throw wrong("A password isn't one's own name or e-mail address.");
  }
}
