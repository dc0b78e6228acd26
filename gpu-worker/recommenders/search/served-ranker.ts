import { readSafetensors, SafetensorsError, tensorOf, writeSafetensors } from '../../compute/safetensors.js';
import { PRODUCT_FIELDS, type FittedSearchRanker, type Product, type ProductField } from './search-ranker.js';
import { storedTexts, textsOf } from '../stored-texts.js';
import { SEARCH_RANKERS } from './search-rankers.js';
import { wordsOf } from './text/analysis.js';

/** Metadata `format` of a file that holds a ranker and the texts of its products. */
export const SERVED_FORMAT = 'synthcart search ranker 1';

/** A ranker with the texts of its products, which it answers with. */
export interface ServedRanker {
  /** Such as `fused`. */
  readonly name: string;
  readonly model: FittedSearchRanker;
  /** Words of the catalogue, as `wordsOf` gives them. */
  readonly words: ReadonlySet<string>;
  /** Texts of a product; '' for what it hasn't got. Throws RangeError for an id that the model hasn't got. */
  textsOf(id: string): Readonly<Record<ProductField, string>>;
}

/** A file for `readServedRanker`: `products` are the model's, in its order. */
export function writeServedRanker(
  name: string,
  model: FittedSearchRanker,
  products: readonly Product[],
): Uint8Array {
  const encoder = new TextEncoder();
  const texts = products.flatMap((product) =>
    PRODUCT_FIELDS.map((field) => encoder.encode(product[field] ?? '')),
  );
  const starts = new Int32Array(texts.length + 1);
  for (const [at, text] of texts.entries()) starts[at + 1] = starts[at]! + text.length;
  const bytes = new Uint8Array(starts.at(-1)!);
  for (const [at, text] of texts.entries()) bytes.set(text, starts[at]);
  const words = new Set(
    products.flatMap((product) => PRODUCT_FIELDS.flatMap((field) => wordsOf(product[field] ?? ''))),
  );
  const saved = model.save();
  return writeSafetensors(
    new Map([
      ['model', { shape: [saved.length], values: saved }],
      ['texts', { shape: [bytes.length], values: bytes }],
      ['starts', { shape: [starts.length], values: starts }],
      ['words', storedTexts([...words])],
    ]),
    { format: SERVED_FORMAT, ranker: name },
  );
}

/** Throws SafetensorsError, ZodError or RangeError for any other file. */
export async function readServedRanker(bytes: Uint8Array): Promise<ServedRanker> {
  const file = readSafetensors(bytes);
  const { format, ranker: name } = file.metadata;
  const ranker = SEARCH_RANKERS.find((candidate) => candidate.name === name);
  if (format !== SERVED_FORMAT || !ranker)
    throw new SafetensorsError(`a file of the format "${format}" is no search ranker`);
  const model = await ranker.load(tensorOf(file, 'model', 'U8').values);
  const { values: texts } = tensorOf(file, 'texts', 'U8');
  const { values: starts } = tensorOf(file, 'starts', 'I32');
  const rising = starts.every((start, at) => start >= (at === 0 ? 0 : starts[at - 1]!));
  if (
    starts.length !== model.products.length * PRODUCT_FIELDS.length + 1 ||
    !rising ||
    starts.at(-1) !== texts.length
  )
    throw new SafetensorsError(`the texts aren't those of ${model.products.length} products`);
  const decoder = new TextDecoder();
  const places = new Map(model.products.map((id, place) => [id, place]));
  return {
    name: ranker.name,
    model,
    words: new Set(textsOf(file, 'words')),
    // Read when they are asked for: texts of all products would take several times their bytes.
    textsOf(id) {
      const place = places.get(id);
      if (place === undefined) throw new RangeError(`there is no product "${id}"`);
      const of = (field: number): string => {
        const at = place * PRODUCT_FIELDS.length + field;
        return decoder.decode(texts.subarray(starts[at], starts[at + 1]));
      };
      return { title: of(0), brand: of(1), category: of(2), description: of(3) };
    },
  };
}
