-- What a model was made from, how good its rows are, and what they are for.
ALTER TYPE "ArtifactKind" ADD VALUE 'MODEL_CARD';
