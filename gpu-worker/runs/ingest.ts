import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestResult } from '../../schema/messages/profile.js';
import type { IngestConfig } from '../../schema/messages/run-config.js';
import type { Session } from '../session.js';
import { ingestFile, type IngestStep } from '../tables/ingest.js';
import type { RunResult } from './runners.js';

/** Where each part of an ingest begins within the `profile` step, and how much of it the part takes, by experience. */
const SHARES: Record<IngestStep, readonly [start: number, length: number]> = {
  unpack: [0, 0.1],
  check: [0.1, 0.35],
  load: [0.45, 0.1],
  profile: [0.55, 0.35],
  write: [0.9, 0.1],
};

/** Reads the uploaded file; publishes it as Parquet, and what was found in it. */
export async function ingest(session: Session): Promise<RunResult> {
  const config = session.job.config as IngestConfig;
  const path = await session.step('load', () => session.fetch(session.input('FILE')));
  const { parquetPath, ...found } = await session.step('profile', (progress) =>
    ingestFile({
      path,
      fileName: config.fileName,
      workFolder: session.folder,
      kinds: config.columnKinds,
      signal: session.signal,
      progress: (step, fraction) => {
        const [start, length] = SHARES[step];
        progress(start + length * fraction);
      },
    }),
  );
  const outputs = await session.step('publish', async (progress) => {
    const result: IngestResult = { v: 1, ...found };
    const profilePath = join(session.folder, 'profile.json');
    await writeFile(profilePath, JSON.stringify(result));
    return session.publish(
      [
        {
          kind: 'TABLE',
          path: parquetPath,
          fileName: 'table.parquet',
          mediaType: 'application/vnd.apache.parquet',
        },
        { kind: 'PROFILE', path: profilePath, fileName: 'profile.json', mediaType: 'application/json' },
      ],
      progress,
    );
  });
  return { outputs, rows: found.rows };
}
