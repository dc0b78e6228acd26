-- Unknown for what was computed before.
ALTER TABLE "runs" ADD COLUMN "engine_version" TEXT;
ALTER TABLE "attempts" ADD COLUMN "engine_version" TEXT;
