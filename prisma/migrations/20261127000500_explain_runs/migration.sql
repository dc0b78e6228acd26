-- Runs that explain what a recommender recommends, and what they make.
ALTER TYPE "RunKind" ADD VALUE 'EXPLAIN';
ALTER TYPE "ArtifactKind" ADD VALUE 'EXPLANATION';
