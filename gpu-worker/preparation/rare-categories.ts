import { rareLabel, type PreparationStepOf } from '../../schema/messages/preparation.js';
import { columnOf, isCategorical, type CategoricalColumn, type Table } from '../tables/table.js';
import { replacing } from '../transforms/replacing.js';
import type { FittedStep } from './fitted-step.js';

/** Of a holdout, values that the real table doesn't have are rare, too. */
export function replacingRareCategories(step: PreparationStepOf<'rareCategories'>, real: Table): FittedStep {
  const label = step.as === 'label' ? rareLabel(step) : undefined;
  const kept = new Map(
    step.columns.map((name) => [name, frequentValues(categoriesOf(real, name), step.minimumSupport)]),
  );
  return {
    learntFromRows: true,
    notes: new Map(
      [...kept].map(([name, values]) => [name, `keeps ${values.size.toLocaleString('en')} of its values`]),
    ),
    apply(table) {
      const cells = new Map<string, number>();
      let changed = table;
      for (const [name, values] of kept) {
        const found = withoutOthers(categoriesOf(changed, name), values, label);
        cells.set(name, found.cells);
        changed = replacing(changed, name, found.column);
      }
      return { table: changed, rowsDropped: 0, cells };
    },
  };
}

function categoriesOf(table: Table, name: string): CategoricalColumn {
  const column = columnOf(table, name);
  if (!isCategorical(column)) throw new TypeError(`column "${name}" holds no categories`);
  return column;
}

function frequentValues({ codes, categories }: CategoricalColumn, minimumSupport: number): Set<string> {
  const counts = new Float64Array(categories.length);
  for (const code of codes) if (code >= 0) counts[code]!++;
  return new Set(categories.filter((_, code) => counts[code]! >= minimumSupport));
}

/** The dictionary of the new column has no rare value any more. */
function withoutOthers(
  { schema, codes, categories }: CategoricalColumn,
  kept: ReadonlySet<string>,
  label: string | undefined,
): { column: CategoricalColumn; cells: number } {
  const remaining = categories.filter((category) => kept.has(category));
  if (label !== undefined && !kept.has(label) && remaining.length < categories.length) remaining.push(label);
  const codeOf = new Map(remaining.map((category, code) => [category, code]));
  const replacement = label === undefined ? -1 : (codeOf.get(label) ?? -1);
  const newCodes = categories.map((category) => codeOf.get(category) ?? replacement);
  let cells = 0;
  const replaced = codes.map((code) => {
    if (code < 0) return -1;
    if (!kept.has(categories[code]!) && categories[code] !== label) cells++;
    return newCodes[code]!;
  });
  const changed = cells > 0 ? { ...schema, unique: false } : schema;
  return { column: { schema: changed, codes: replaced, categories: remaining }, cells };
}
