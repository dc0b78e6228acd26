-- Models in use: recommenders by the name of the place where they are asked, their versions, and what was live when.
CREATE TYPE "ModelStage" AS ENUM ('CANDIDATE', 'LIVE', 'RETIRED');
CREATE TYPE "DeploymentChange" AS ENUM ('PROMOTE', 'SPLIT', 'ROLL_BACK', 'WITHDRAW');

CREATE TABLE "models" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "revision" INTEGER NOT NULL DEFAULT 0,
    "created_by_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "models_pkey" PRIMARY KEY ("tenant_id", "id")
);
CREATE UNIQUE INDEX "models_tenant_id_project_id_name_key" ON "models"("tenant_id", "project_id", "name");
CREATE INDEX "models_tenant_id_project_id_created_at_id_idx" ON "models"("tenant_id", "project_id", "created_at", "id");

CREATE TABLE "model_versions" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "artifact_id" TEXT NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "stage" "ModelStage" NOT NULL DEFAULT 'CANDIDATE',
    "share" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "created_by_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "model_versions_pkey" PRIMARY KEY ("tenant_id", "id")
);
CREATE UNIQUE INDEX "model_versions_tenant_id_model_id_number_key" ON "model_versions"("tenant_id", "model_id", "number");
CREATE UNIQUE INDEX "model_versions_tenant_id_model_id_artifact_id_key" ON "model_versions"("tenant_id", "model_id", "artifact_id");
CREATE INDEX "model_versions_tenant_id_artifact_id_idx" ON "model_versions"("tenant_id", "artifact_id");

CREATE TABLE "model_deployments" (
    "tenant_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "change" "DeploymentChange" NOT NULL,
    "shares" JSONB NOT NULL,
    "goes_back_to" INTEGER,
    "created_by_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "model_deployments_pkey" PRIMARY KEY ("tenant_id", "model_id", "revision")
);

ALTER TABLE "models" ADD CONSTRAINT "models_tenant_id_project_id_fkey" FOREIGN KEY ("tenant_id", "project_id") REFERENCES "projects"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_tenant_id_model_id_fkey" FOREIGN KEY ("tenant_id", "model_id") REFERENCES "models"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_tenant_id_artifact_id_fkey" FOREIGN KEY ("tenant_id", "artifact_id") REFERENCES "artifacts"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "model_deployments" ADD CONSTRAINT "model_deployments_tenant_id_model_id_fkey" FOREIGN KEY ("tenant_id", "model_id") REFERENCES "models"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['models', 'model_versions', 'model_deployments']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO synthcart_app
         USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON models, model_versions TO synthcart_app;
-- What was live when can be added to and read, by nobody changed.
GRANT SELECT, INSERT ON model_deployments TO synthcart_app;

-- What the types can't say.
ALTER TABLE model_versions ADD CONSTRAINT model_versions_share_of_live CHECK (
  (stage = 'LIVE' AND share > 0 AND share <= 1) OR (stage <> 'LIVE' AND share = 0));
