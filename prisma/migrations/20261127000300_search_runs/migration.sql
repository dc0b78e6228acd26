-- Runs that train a search ranker and score how it answers queries, what they read and what they make.
ALTER TYPE "RunKind" ADD VALUE 'SEARCH';
ALTER TYPE "InputRole" ADD VALUE 'CATALOGUE';
ALTER TYPE "InputRole" ADD VALUE 'SEARCHES';
ALTER TYPE "InputRole" ADD VALUE 'QUERIES';
ALTER TYPE "ArtifactKind" ADD VALUE 'SEARCH_RANKER';
ALTER TYPE "ArtifactKind" ADD VALUE 'SEARCH_RANKING';
