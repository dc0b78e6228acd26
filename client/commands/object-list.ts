import { readFile } from 'node:fs/promises';

/** The file isn't there, or isn't a JSON list of objects. */
export class UnreadableList extends Error {
  override readonly name = 'UnreadableList';
}

/** What such a file holds, in messages: a noun in the plural, and a list that would do. */
export interface ListKind {
  readonly noun: string;
  readonly example: string;
}

/** As the API's `ConstraintInput` has them. */
export const CONSTRAINTS: ListKind = {
  noun: 'constraints',
  example: '[{"formula": {"column": "Total", "equals": "Price * Quantity"}}]',
};

/** As the API's `PreparationStepInput` has them. */
export const PREPARATION: ListKind = {
  noun: 'steps of the preparation',
  example: '[{"fillMissing": {"columns": ["Price"], "with": "MEDIAN"}}]',
};

/** Reads a JSON list of objects; the platform checks what they say. */
export async function readObjects(path: string, { noun, example }: ListKind): Promise<object[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UnreadableList(
      `The ${noun} in ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (Array.isArray(content) && content.every((one) => typeof one === 'object' && one !== null)) {
    return content as object[];
  }
  throw new UnreadableList(`${path} must hold a list such as ${example}.`);
}
