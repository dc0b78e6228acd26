/** The field of the API for a model's options: item-knn's is itemKnn. */
export const optionField = (model: string): string =>
  model.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
