-- Runs that fill missing cells of a table and mark doubtful ones, and what they make.
ALTER TYPE "RunKind" ADD VALUE 'COMPLETE';
ALTER TYPE "ArtifactKind" ADD VALUE 'COMPLETED_CSV';
ALTER TYPE "ArtifactKind" ADD VALUE 'COMPLETED_PARQUET';
ALTER TYPE "ArtifactKind" ADD VALUE 'CELLS';
ALTER TYPE "ArtifactKind" ADD VALUE 'COMPLETION';
