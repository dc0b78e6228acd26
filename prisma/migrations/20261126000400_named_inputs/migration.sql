-- Inputs of the same role, told apart by their names: the tables of a run that learns from several.
ALTER TABLE "run_inputs" ADD COLUMN "name" TEXT NOT NULL DEFAULT '';
ALTER TABLE "run_inputs" DROP CONSTRAINT "run_inputs_pkey";
ALTER TABLE "run_inputs" ADD CONSTRAINT "run_inputs_pkey" PRIMARY KEY ("tenant_id", "run_id", "role", "name");
