-- Inputs that another run will make, and how many of them a run still waits for.
ALTER TABLE "runs" ADD COLUMN "awaits" INTEGER NOT NULL DEFAULT 0;
CREATE INDEX "runs_awaits_idx" ON "runs"("awaits");

ALTER TABLE "run_inputs" ADD COLUMN "awaited_run_id" TEXT;
ALTER TABLE "run_inputs" ADD COLUMN "awaited_kind" "ArtifactKind";
CREATE INDEX "run_inputs_tenant_id_awaited_run_id_idx" ON "run_inputs"("tenant_id", "awaited_run_id");
ALTER TABLE "run_inputs" ADD CONSTRAINT "run_inputs_tenant_id_awaited_run_id_fkey" FOREIGN KEY ("tenant_id", "awaited_run_id") REFERENCES "runs"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The artifact of an awaited input is known once its run has succeeded.
ALTER TABLE "run_inputs" DROP CONSTRAINT "run_inputs_one_source";
ALTER TABLE "run_inputs" ADD CONSTRAINT "run_inputs_one_source" CHECK (
  num_nonnulls(dataset_version_id, coalesce(artifact_id, awaited_run_id)) = 1
  AND num_nonnulls(dataset_version_id, awaited_run_id) <= 1 AND num_nonnulls(awaited_run_id, awaited_kind) <> 1);

-- The dispatch finds who waits for whom, and nothing of what runs read.
CREATE POLICY dispatch ON run_inputs FOR SELECT TO synthcart_dispatch USING (awaited_run_id IS NOT NULL);
GRANT SELECT (tenant_id, run_id, awaited_run_id, artifact_id) ON run_inputs TO synthcart_dispatch;
