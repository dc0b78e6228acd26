import {
  SafetensorsError,
  tensorOf,
  type SafetensorsFile,
  type StoredTensor,
} from '../../../compute/safetensors.js';
import { storedTexts, textsOf } from '../../stored-texts.js';
import type { InvertedIndex } from './inverted-index.js';

/** An index as tensors whose names begin with `prefix`. */
export function tensorsOfIndex(index: InvertedIndex, prefix: string): Map<string, StoredTensor> {
  const { dictionary, starts, products, weights } = index;
  return new Map<string, StoredTensor>([
    [`${prefix}/terms`, storedTexts([...dictionary.keys()])],
    [`${prefix}/starts`, { shape: [starts.length], values: starts }],
    [`${prefix}/products`, { shape: [products.length], values: products }],
    [`${prefix}/weights`, { shape: [weights.length], values: weights }],
  ]);
}

/** Throws SafetensorsError for tensors that aren't an index of a catalogue of so many products. */
export function indexFrom(file: SafetensorsFile, prefix: string, catalogue: number): InvertedIndex {
  const terms = textsOf(file, `${prefix}/terms`);
  const { values: starts } = tensorOf(file, `${prefix}/starts`, 'I32');
  const { values: products } = tensorOf(file, `${prefix}/products`, 'I32');
  const { values: weights } = tensorOf(file, `${prefix}/weights`, 'F32');
  const rising = starts.every((start, term) => start >= (term === 0 ? 0 : starts[term - 1]!));
  const fits = products.every((product) => product >= 0 && product < catalogue);
  if (
    starts.length !== terms.length + 1 ||
    starts[0] !== 0 ||
    !rising ||
    starts.at(-1) !== products.length ||
    weights.length !== products.length ||
    !fits
  )
    throw new SafetensorsError(`the tensors "${prefix}/…" contradict each other`);
  return { dictionary: new Map(terms.map((term, place) => [term, place])), starts, products, weights };
}
