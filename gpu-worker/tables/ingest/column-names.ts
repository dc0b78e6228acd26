import { excerpt, fileFailure } from './file-failure.js';
import type { IngestLimits } from './limits.js';

/**
 * Throws unless every column has a name, no two share one, and there aren't too many. Names that differ only in case
 * count as the same, since SQL readers of the table can't tell them apart.
 */
export function checkColumnNames(
  names: readonly string[],
  limits: IngestLimits,
  file: string,
  line: number | undefined,
): void {
  if (names.length > limits.maxColumns) {
    throw fileFailure(
      'LIMIT_EXCEEDED',
      { file, line },
      `the table has ${names.length.toLocaleString('en')} columns; at most ${limits.maxColumns.toLocaleString('en')} ` +
        'are accepted. Leave out those that you do not need.',
    );
  }
  const positions = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const position = index + 1;
    if (name === '') {
      throw fileFailure(
        'INVALID_FILE',
        { file, line, column: String(position) },
        `column ${position} of ${names.length} has no name. Give every column a name in the header.`,
      );
    }
    if (name.length > limits.maxNameLength) {
      throw fileFailure(
        'LIMIT_EXCEEDED',
        { file, line, column: String(position) },
        `the name of column ${position}, "${excerpt(name)}", is longer than ${limits.maxNameLength} characters. Shorten it.`,
      );
    }
    const first = positions.get(name.toLowerCase());
    if (first !== undefined) {
      const exact = names[first - 1] === name;
      throw fileFailure(
        'INVALID_FILE',
        { file, line, column: name },
        `columns ${first} and ${position} have the same name${exact ? '' : ' but for upper and lower case'}. Rename one of them.`,
      );
    }
    positions.set(name.toLowerCase(), position);
  }
}
