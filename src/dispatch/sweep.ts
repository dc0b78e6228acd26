import type { Logger } from 'pino';
import type { Failure } from '../../schema/messages/failure.js';
import { systemContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import type { Config } from '../config.js';
import type { Database } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import { Loop } from './loop.js';

const TICK_MILLISECONDS = 30_000;
const BATCH = 500;

interface DiscardedRow {
  id: bigint;
  key: string;
}

interface ExpiredUploadRow {
  tenant_id: string;
  id: string;
}

/**
 * Removes what nothing points to any more. Each step may be done twice, or by two gateways: an object is deleted before
 * its note is, and deleting it again is no error.
 */
export class Sweep {
  readonly #loop: Loop;

  constructor(
    private readonly options: { database: Database; objects: Objects; config: Config; log: Logger },
  ) {
    this.#loop = new Loop('the sweep', TICK_MILLISECONDS, () => this.sweep(), options.log);
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async sweep(): Promise<void> {
    await this.#expireUploads();
    while ((await this.#deleteObjects()) === BATCH);
    await this.#forget();
  }

  /** Objects of an attempt stay while it lives, and then until its last signed URL has expired: a PUT could still come. */
  async #deleteObjects(): Promise<number> {
    const { database, objects, config } = this.options;
    const rows = await database.asDispatch(
      (tx) => tx.$queryRaw<DiscardedRow[]>`
        SELECT d.id, d.key FROM discarded_objects d
        WHERE (d.run_id IS NULL AND d.created_at <= now()) OR (
          d.created_at < now() - make_interval(secs => ${config.signedUrlSeconds})
          AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = d.tenant_id AND a.run_id = d.run_id
            AND a.number = d.attempt AND a.state <> 'ENDED'))
        ORDER BY d.id LIMIT ${BATCH}`,
    );
    const deleted: bigint[] = [];
    for (const { id, key } of rows) {
      try {
        await objects.delete(key);
        deleted.push(id);
      } catch (error) {
        this.options.log.error({ err: error, key }, 'an object could not be deleted; it will be tried again');
      }
    }
    if (deleted.length > 0) {
      await database.asDispatch(
        (tx) => tx.$executeRaw`DELETE FROM discarded_objects WHERE id = ANY(${deleted})`,
      );
    }
    return deleted.length;
  }

  /** Uploads that were declared and not completed in time. */
  async #expireUploads(): Promise<void> {
    const { database } = this.options;
    const expired = await database.asDispatch(
      (tx) => tx.$queryRaw<ExpiredUploadRow[]>`
        SELECT tenant_id, id FROM dataset_versions
        WHERE state = 'AWAITING_UPLOAD' AND upload_expires_at < now() - interval '1 minute'
        ORDER BY upload_expires_at LIMIT ${BATCH}`,
    );
    for (const row of expired) await this.#expireUpload(row);
  }

  async #expireUpload({ tenant_id: tenantId, id }: ExpiredUploadRow): Promise<void> {
    const context = systemContext(tenantId, `sweep ${id}`);
    await this.options.database.withTenant(context, async (tx) => {
      const { count } = await tx.datasetVersion.updateMany({
        where: { tenantId, id, state: 'AWAITING_UPLOAD' },
        data: { state: 'FAILED', failure: EXPIRED },
      });
      // Completed meanwhile, or another gateway was faster.
      if (count === 0) return;
      const version = await tx.datasetVersion.findUniqueOrThrow({
        where: { tenantId_id: { tenantId, id } },
        select: { objectKey: true, dataset: { select: { projectId: true } } },
      });
      await tx.discardedObject.create({ data: { tenantId, key: version.objectKey } });
      await audit(context, tx, {
        action: 'dataset:failed',
        subjectId: id,
        projectId: version.dataset.projectId,
        after: { failure: EXPIRED.message },
      });
    });
  }

  async #forget(): Promise<void> {
    await this.options.database.asDispatch(async (tx) => {
      await tx.$executeRaw`DELETE FROM idempotency_records WHERE created_at < now() - interval '24 hours'`;
      await tx.$executeRaw`DELETE FROM workers WHERE last_seen_at < now() - interval '7 days'`;
    });
  }
}

const EXPIRED: Failure = {
  code: 'INVALID_FILE',
  message: 'The file was not uploaded and completed before its upload expired. Create a new upload.',
  location: {},
};
