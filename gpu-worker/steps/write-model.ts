import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputFile } from '../session.js';

/** Writes a model's file into a run's folder. */
export async function writeModel(
  folder: string,
  model: { readonly save: () => Promise<Uint8Array> },
): Promise<OutputFile> {
  const fileName = 'model.safetensors';
  const path = join(folder, fileName);
  await writeFile(path, await model.save());
  return { kind: 'MODEL', path, fileName, mediaType: 'application/octet-stream' };
}
