import { readFile } from 'node:fs/promises';

/** The file isn't there, or isn't a JSON list of objects. */
export class UnreadableConstraints extends Error {
  override readonly name = 'UnreadableConstraints';
}

/** Reads a JSON list of constraints, as the API's `ConstraintInput` has them; the platform checks what they say. */
export async function readConstraints(path: string): Promise<object[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UnreadableConstraints(
      `The constraints in ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (Array.isArray(content) && content.every((one) => typeof one === 'object' && one !== null)) {
    return content as object[];
  }
  throw new UnreadableConstraints(
    `${path} must hold a list such as [{"formula": {"column": "Total", "equals": "Price * Quantity"}}].`,
  );
}
