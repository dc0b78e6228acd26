import { createHash, randomInt } from 'node:crypto';

/** A live version, and the share of those who ask that it answers; the shares of a model make 1. */
export interface LiveVersion {
  readonly id: string;
  readonly number: number;
  readonly share: number;
}

/** 2^48: as many places as a number keeps exactly, and `randomInt` draws. */
const PLACES = 2 ** 48;

/**
 * Which of the live versions answers. `key` names who asks: the same one gets the same version for as long as the shares
 * stay, on every gateway. Growing the share of one version moves people to it and nobody away from it; another pair of
 * versions deals anew, so that an experiment doesn't inherit the groups of the one before. Without a key, chance decides.
 *
 * `live` isn't empty.
 */
export function versionFor<Version extends LiveVersion>(live: readonly Version[], key?: string): Version {
  const versions = [...live].sort((a, b) => a.number - b.number);
  const [first] = versions;
  if (!first) throw new RangeError('no version is live');
  if (versions.length === 1) return first;
  const place = key === undefined ? randomInt(PLACES - 1) / PLACES : placeOf(versions, key);
  let upTo = 0;
  for (const version of versions) {
    upTo += version.share;
    if (place < upTo) return version;
  }
  return versions.at(-1) ?? first;
}

/** From 0 to below 1, even over keys. */
function placeOf(versions: readonly LiveVersion[], key: string): number {
  const pair = versions.map(({ id }) => id);
  const digest = createHash('sha256')
    .update(JSON.stringify([...pair, key]))
    .digest();
  return digest.readUIntBE(0, 6) / PLACES;
}
