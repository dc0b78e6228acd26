import type { Evaluation } from '../../schema/messages/scores.js';
import { newId } from '../../src/platform/ids.js';
import type { ArtifactKind, InputRole } from '../../src/platform/prisma-client/client.js';
import { asOwner, type OwnedDatabase } from './seed.js';

interface MakingRun {
  tenantId: string;
  projectId: string;
  id: string;
}

/** An artifact of a run, as its success writes it. The file itself isn't stored. */
export async function seedArtifact(
  database: OwnedDatabase,
  run: MakingRun,
  kind: ArtifactKind,
  more: {
    lineage?: object;
    content?: Evaluation;
    fileName?: string;
    columns?: object[];
    bytes?: number;
  } = {},
): Promise<{ id: string; objectKey: string }> {
  const id = newId('artifact');
  const objectKey = `${run.tenantId}/runs/${run.id}/1/${id}`;
  const lineage = more.lineage ?? {
    runId: run.id,
    kind: 'PROBE',
    config: { kind: 'PROBE', seconds: 0, pointsPerSecond: 0 },
    seed: 1,
    attempt: 1,
    codeVersion: '0.1.0',
    inputs: [],
  };
  await asOwner(database, (owner) =>
    owner.query(
      `INSERT INTO artifacts (tenant_id, id, project_id, run_id, kind, file_name, media_type, object_key, bytes, sha256,
         columns, content, lineage)
       VALUES ($1, $2, $3, $4, $5::"ArtifactKind", $6, 'application/octet-stream', $7, $12, $8, $9, $10, $11)`,
      [
        run.tenantId,
        id,
        run.projectId,
        run.id,
        kind,
        more.fileName ?? 'file.bin',
        objectKey,
        'ab'.repeat(32),
        more.columns ? JSON.stringify(more.columns) : null,
        more.content ? JSON.stringify(more.content) : null,
        JSON.stringify(lineage),
        more.bytes ?? 3_000_000_000,
      ],
    ),
  );
  return { id, objectKey };
}

/** Lets a run read an artifact. */
export async function seedArtifactInput(
  database: OwnedDatabase,
  run: MakingRun,
  role: InputRole,
  artifactId: string,
): Promise<void> {
  await asOwner(database, (owner) =>
    owner.query(
      `INSERT INTO run_inputs (tenant_id, run_id, role, artifact_id) VALUES ($1, $2, $3::"InputRole", $4)`,
      [run.tenantId, run.id, role, artifactId],
    ),
  );
}
