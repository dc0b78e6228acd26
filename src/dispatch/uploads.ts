import { UploadsRequest, type UploadsReply } from '../../schema/messages/uploads.js';
import { GATEWAY_QUEUE_GROUP, REQUESTS } from '../../schema/messages/subjects.js';
import { systemContext } from '../access/context.js';
import type { Config } from '../config.js';
import type { Bus, Listener } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import { storageUse } from '../quotas/storage.js';
import { attemptFolder } from '../runs/run.results.js';
import { lockAttempt } from './attempts.js';
import { MAX_OUTPUT_BYTES } from './job.js';

type UploadFile = UploadsRequest['files'][number];

/** Tells workers where to put the files of their attempts. */
export class Uploads {
  #listener: Listener | undefined;

  constructor(private readonly options: { database: Database; bus: Bus; objects: Objects; config: Config }) {}

  start(): void {
    this.#listener = this.options.bus.serve(REQUESTS.uploads, GATEWAY_QUEUE_GROUP, (message) =>
      this.grant(UploadsRequest.parse(message)),
    );
  }

  stop(): void {
    this.#listener?.unsubscribe();
  }

  /**
   * Signs a PUT for each file. Every key is noted as discarded beforehand; the note goes when the run takes the object
   * as its own, so that whatever an attempt leaves behind is found and removed.
   */
  async grant(request: UploadsRequest): Promise<UploadsReply> {
    const { database, objects, config } = this.options;
    const { tenantId, runId, attempt, files } = request;
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > MAX_OUTPUT_BYTES) {
      return refused(`Its files have ${total} bytes together; a run may write ${MAX_OUTPUT_BYTES}.`);
    }
    const keys = files.map((file) => attemptFolder(request) + nameOf(file));
    const refusal = await database.withTenant(systemContext(tenantId, `uploads ${runId}`), async (tx) => {
      const held = await lockAttempt(tx, request);
      if (held?.attempt.state !== 'RUNNING') return 'the attempt is over';
      if (await isOverQuota(tx, tenantId, total)) {
        return 'The storage of your organisation is full. Delete datasets or artifacts, or ask for more space.';
      }
      await tx.$executeRaw`
        INSERT INTO discarded_objects (tenant_id, key, run_id, attempt)
        SELECT ${tenantId}, k.key, ${runId}, ${attempt} FROM unnest(${keys}::text[]) AS k(key)
        WHERE NOT EXISTS (SELECT 1 FROM discarded_objects d WHERE d.tenant_id = ${tenantId}
          AND d.run_id = ${runId} AND d.attempt = ${attempt} AND d.key = k.key)`;
      return undefined;
    });
    if (refusal) return refused(refusal);
    return {
      answer: 'GRANTED',
      uploads: files.map((file, index) => {
        const key = keys[index] as string;
        const { bytes, sha256, mediaType } = file;
        return { key, url: objects.signPut(key, { bytes, sha256, mediaType }, config.signedUrlSeconds) };
      }),
    };
  }
}

/** Checkpoints of one attempt differ in content, and an object never changes: their content names them. */
const nameOf = ({ purpose, fileName, sha256 }: UploadFile): string =>
  purpose === 'CHECKPOINT' ? `${fileName}-${sha256.slice(0, 16)}` : fileName;

async function isOverQuota(tx: Transaction, tenantId: string, bytes: number): Promise<boolean> {
  const { used, most } = await storageUse(tx, tenantId);
  return used + BigInt(bytes) > most;
}

function refused(reason: string): UploadsReply {
  return { answer: 'REFUSED', reason };
}
