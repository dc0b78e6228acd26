-- What an experiment that compares was started with, and its runs by what they are for.
ALTER TABLE "experiments" ADD COLUMN "comparison" JSONB;
