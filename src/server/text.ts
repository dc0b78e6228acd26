import { UserError, UserErrorCode } from './errors.js';

/** Trims a line of text that people typed. Throws INVALID_INPUT when it is empty, too long, or has control characters. */
export function lineOf(text: string, what: string, maxLength: number, path: readonly string[]): string {
  const line = text.trim();
  if (line.length < 1 || line.length > maxLength) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `${what} has 1–${maxLength} characters${counted(line)}.`,
      path,
    );
  }
  if (/\p{Cc}/u.test(line)) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `${what} is one line, without control characters.`,
      path,
    );
  }
  return line;
}

/** The same for a text of several lines, that may be empty. */
export function paragraphsOf(text: string, what: string, maxLength: number, path: readonly string[]): string {
  const paragraphs = text.trim();
  if (paragraphs.length > maxLength) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `${what} has at most ${maxLength} characters${counted(paragraphs)}.`,
      path,
    );
  }
  if (/[^\P{Cc}\n\r\t]/u.test(paragraphs)) {
    throw new UserError(UserErrorCode.INVALID_INPUT, `${what} has no control characters.`, path);
  }
  return paragraphs;
}

const counted = (text: string) =>
  text.length > 0 ? `; this one has ${text.length.toLocaleString('en')}` : '; this one is blank';

/** An e-mail address, lower-cased, since it is what people sign in with. */
export function emailOf(text: string, path: readonly string[]): string {
  const email = text.trim().toLowerCase();
  // Something, an @, something with a dot: only a message to it can tell more.
  if (email.length > 254 || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+\.[^\s@\p{Cc}]+$/u.test(email)) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      'This is not an e-mail address; one looks like `ada@example.com`.',
      path,
    );
  }
  return email;
}

/** For `contains` and its like, which Prisma hands to LIKE as they are: the text itself, not a pattern. */
export function literally(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
