import type { FailureCode } from '../../../schema/messages/failure.js';
import { UserFailure } from '../../failure.js';

export interface Place {
  readonly file: string;
  /** 1-based physical line. */
  readonly line?: number;
  /** Name of a column, or its 1-based position when it has no name. */
  readonly column?: string;
}

/** A failure whose message leads with the place: `orders.csv, line 7, column "price": what is wrong. How to mend it.` */
export function fileFailure(code: FailureCode, place: Place, problemAndMend: string): UserFailure {
  const where = [place.file];
  if (place.line !== undefined) where.push(`line ${place.line}`);
  if (place.column !== undefined) where.push(`column "${place.column}"`);
  return new UserFailure(code, `${where.join(', ')}: ${problemAndMend}`, { ...place });
}

/** `text` as one short line for a message. */
export function excerpt(text: string, length = 40): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[power]}`;
}
