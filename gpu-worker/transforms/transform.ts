import { z } from 'zod';
import type { Table } from '../tables/table.js';
import { ClipDescription, clip } from './clip.js';
import { CombinationDescription, combination } from './combination.js';
import { ComputedDescription, computed } from './computed.js';
import { DifferenceDescription, difference } from './difference.js';
import { ScaleDescription, scale } from './scale.js';

/**
 * A change to the table that a generator learns from, undone in the rows that it makes. `undo` gets rows as they would be
 * written, and gives such rows back; it never fails, whatever the generator drew.
 */
export interface Transform {
  /** Columns that are others, or gone, between `apply` and `undo`. */
  readonly replaces: readonly string[];
  /** Columns that `apply` and `undo` look at; they hold the table's own values then. */
  readonly reads: readonly string[];
  apply(table: Table): Table;
  undo(table: Table): Table;
}

/** What a transform has learnt from the real table; stored with the model. */
export const TransformDescription = z.discriminatedUnion('type', [
  ClipDescription,
  CombinationDescription,
  ComputedDescription,
  DifferenceDescription,
  ScaleDescription,
]);
export type TransformDescription = z.infer<typeof TransformDescription>;

export function transformOf(description: TransformDescription): Transform {
  switch (description.type) {
    case 'clip':
      return clip(description);
    case 'combination':
      return combination(description);
    case 'computed':
      return computed(description);
    case 'difference':
      return difference(description);
    case 'scale':
      return scale(description);
  }
}

/**
 * The transforms in an order in which each looks at columns before another replaces them, or undefined where there is
 * none. Undone in the opposite order, each finds the columns that it looks at restored.
 */
export function inOrder(descriptions: readonly TransformDescription[]): TransformDescription[] | undefined {
  const waiting = descriptions.map((description) => ({ description, transform: transformOf(description) }));
  const ordered: TransformDescription[] = [];
  while (waiting.length > 0) {
    const free = waiting.findIndex(({ transform }) =>
      waiting.every((other) => other.transform === transform || !looksAt(other.transform, transform)),
    );
    if (free < 0) return undefined;
    ordered.push(...waiting.splice(free, 1).map(({ description }) => description));
  }
  return ordered;
}

const looksAt = (one: Transform, other: Transform): boolean =>
  one.reads.some((name) => other.replaces.includes(name));
