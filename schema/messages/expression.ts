import { z } from 'zod';
import { ExpressionError, MOST_CHARACTERS, parseExpression } from '../expressions/expression.js';

/** Text that parses as an expression; schema/expressions/README.md has the language. */
export const ExpressionText = z
  .string()
  .min(1)
  .max(MOST_CHARACTERS)
  .superRefine((text, context) => {
    try {
      parseExpression(text);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      context.addIssue({
        code: 'custom',
        message: `an expression such as Price * Quantity (${error.message})`,
      });
    }
  });
