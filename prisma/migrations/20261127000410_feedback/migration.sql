-- What people do with what they are recommended: each event, and counts of them for the figures of a version.
CREATE TYPE "FeedbackType" AS ENUM ('IMPRESSION', 'CLICK', 'PURCHASE');

CREATE TABLE "feedback_events" (
    "tenant_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "model_version_id" TEXT NOT NULL,
    "type" "FeedbackType" NOT NULL,
    "user" TEXT,
    "visitor" TEXT,
    "item" TEXT NOT NULL,
    "position" INTEGER,
    "recommendation_id" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "feedback_events_pkey" PRIMARY KEY ("tenant_id", "model_id", "event_id")
);
CREATE UNIQUE INDEX "feedback_events_tenant_id_model_id_recommendation_id_item_t_key" ON "feedback_events"("tenant_id", "model_id", "recommendation_id", "item", "type");
CREATE INDEX "feedback_events_tenant_id_model_id_type_at_event_id_idx" ON "feedback_events"("tenant_id", "model_id", "type", "at", "event_id");

CREATE TABLE "feedback_counts" (
    "tenant_id" TEXT NOT NULL,
    "model_version_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "band" INTEGER NOT NULL,
    "part" INTEGER NOT NULL,
    "impressions" INTEGER NOT NULL DEFAULT 0,
    "clicks" INTEGER NOT NULL DEFAULT 0,
    "purchases" INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT "feedback_counts_pkey" PRIMARY KEY ("tenant_id", "model_version_id", "hour", "band", "part")
);

ALTER TABLE "feedback_events" ADD CONSTRAINT "feedback_events_tenant_id_model_id_fkey" FOREIGN KEY ("tenant_id", "model_id") REFERENCES "models"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "feedback_events" ADD CONSTRAINT "feedback_events_tenant_id_model_version_id_fkey" FOREIGN KEY ("tenant_id", "model_version_id") REFERENCES "model_versions"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "feedback_counts" ADD CONSTRAINT "feedback_counts_tenant_id_model_version_id_fkey" FOREIGN KEY ("tenant_id", "model_version_id") REFERENCES "model_versions"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['feedback_events', 'feedback_counts']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO synthcart_app
         USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
-- An event can be added and read, by nobody changed.
GRANT SELECT, INSERT ON feedback_events TO synthcart_app;
GRANT SELECT, INSERT, UPDATE ON feedback_counts TO synthcart_app;
