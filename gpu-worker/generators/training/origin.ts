import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What a fit was made from; a checkpoint is worth nothing to any other. */
export const Origin = z.strictObject({
  seed: z.number(),
  /** SHA-256, hex, of the options. */
  options: z.string(),
  /** SHA-256, hex, of the columns, how they are encoded, and every row. */
  table: z.string(),
});
export type Origin = z.infer<typeof Origin>;

export function originOf(
  seed: number,
  options: unknown,
  columns: unknown,
  ...rows: readonly (Uint16Array | Float32Array)[]
): Origin {
  const digest = (...parts: (string | Uint16Array | Float32Array)[]): string =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
  return { seed, options: digest(JSON.stringify(options)), table: digest(JSON.stringify(columns), ...rows) };
}

/** Throws a RangeError that names what differs. */
export function requireSameOrigin(found: Origin, wanted: Origin): void {
  const differs = (['table', 'options', 'seed'] as const).filter((part) => found[part] !== wanted[part]);
  if (differs.length === 0) return;
  throw new RangeError(
    `the checkpoint belongs to another fit (other ${differs.join(', other ')}), so this one can't go on from it`,
  );
}
