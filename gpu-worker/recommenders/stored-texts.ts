import { z } from 'zod';
import {
  SafetensorsError,
  tensorOf,
  type SafetensorsFile,
  type StoredTensor,
} from '../compute/safetensors.js';

const Texts = z.array(z.string());

/** Texts as a tensor of bytes: a JSON array in UTF-8. A file's header has no room for a long list. */
export function storedTexts(texts: readonly string[]): StoredTensor {
  const values = new TextEncoder().encode(JSON.stringify(texts));
  return { shape: [values.length], values };
}

/** Throws SafetensorsError for a tensor that is missing or holds no list of texts. */
export function textsOf(file: SafetensorsFile, name: string): string[] {
  const bytes = tensorOf(file, name, 'U8').values;
  try {
    return Texts.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw new SafetensorsError(`tensor "${name}" holds no list of texts`);
  }
}
