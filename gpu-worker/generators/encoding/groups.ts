/** Spans that are padded to the same width and lie side by side, so that one tensor operation does for all of them. */
export interface Group {
  readonly offset: number;
  readonly columns: number;
  readonly width: number;
}

export interface Groups {
  /** First unit of each span, in the order in which the widths were given. */
  readonly offsets: Int32Array;
  readonly groups: readonly Group[];
  /** Units of all groups, padding included. */
  readonly units: number;
}

/** A span joins a group unless more than this share of its units would be padding. */
const MOST_PADDING = 0.3;

/** Puts spans of similar widths side by side. */
export function groupByWidth(widths: readonly number[]): Groups {
  const byWidth = [...widths.keys()].sort((a, b) => widths[b]! - widths[a]! || a - b);
  const offsets = new Int32Array(widths.length);
  const groups: { offset: number; columns: number; width: number }[] = [];
  let units = 0;
  for (const column of byWidth) {
    let group = groups.at(-1);
    if (!group || widths[column]! < group.width * (1 - MOST_PADDING)) {
      group = { offset: units, columns: 0, width: widths[column]! };
      groups.push(group);
    }
    group.columns++;
    offsets[column] = units;
    units += group.width;
  }
  return { offsets, groups, units };
}
