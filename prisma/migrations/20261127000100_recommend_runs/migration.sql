-- Runs that train a recommender and score its rankings, and what they make.
ALTER TYPE "RunKind" ADD VALUE 'RECOMMEND';
ALTER TYPE "ArtifactKind" ADD VALUE 'RECOMMENDER';
ALTER TYPE "ArtifactKind" ADD VALUE 'RANKING';
