import { TypeID, typeid } from 'typeid-js';
import { ID_PREFIXES } from '../platform/ids.js';

/**
 * An id of an answer of a model's version, that feedback on it names. It holds the version, so that nothing is written when
 * somebody asks; the rest is a UUIDv7: it holds when the answer was given, and tells answers apart.
 */
export function recommendationId(modelVersionId: string): string {
  return Buffer.concat([TypeID.fromString(modelVersionId).toUUIDBytes(), typeid().toUUIDBytes()]).toString(
    'base64url',
  );
}

/** The version that gave the answer, or undefined when the text is no such id. It says nothing about whether there is one. */
export function answeringVersion(id: string): string | undefined {
  if (!/^[\w-]{43}$/.test(id)) return undefined;
  const bytes = Buffer.from(id, 'base64url');
  return TypeID.fromUUIDBytes(ID_PREFIXES.modelVersion, bytes.subarray(0, 16)).toString();
}
