import 'reflect-metadata';
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { UserErrorCode, type UserError } from './errors.js';

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'What a caller can do wrong.',
  valuesConfig: {
    UNAUTHENTICATED: { description: 'Nobody is signed in, or the token or API key is not valid (any more).' },
    FORBIDDEN: { description: 'The caller may see the thing, but lacks the permission for this.' },
    NOT_FOUND: { description: 'There is no such thing for this caller.' },
    INVALID_INPUT: { description: 'A value breaks a rule; `path` says which, the message how to mend it.' },
    ALREADY_EXISTS: { description: 'A thing with this name or e-mail address is there already.' },
    INVALID_STATE: { description: 'The thing is not in a state in which this can be done.' },
    IDEMPOTENCY_CONFLICT: { description: 'The idempotency key was used before, for another request.' },
    LIMIT_EXCEEDED: { description: 'A quota, a rate or a size is used up.' },
    UPLOAD_MISMATCH: { description: 'What was uploaded is not what was declared.' },
    EXPIRED: { description: 'A link, a token or an invitation has ended.' },
    IN_USE: { description: 'Something else still needs the thing.' },
    UNAVAILABLE: { description: 'Nothing that could do it is there just now; the same call may work later.' },
  },
});

/** A caller's mistake, as data. */
@ObjectType('UserError', { description: 'A mistake of the caller, told as data.' })
export class UserErrorEntry {
  @Field(() => String, { description: 'What is wrong, where, and how to mend it; may be shown to people.' })
  message!: string;

  @Field(() => UserErrorCode, { description: 'What kind of mistake it is; for programs.' })
  code!: UserErrorCode;

  @Field(() => [String], {
    description:
      "Path of the wrong field in the mutation's arguments, such as `input`, `name`; empty when none is to blame.",
  })
  path!: readonly string[];
}

/** Base of every mutation's payload, beside the nullable entity. */
@ObjectType()
export abstract class Payload {
  @Field(() => [UserErrorEntry], {
    description: 'Empty when it was done. Otherwise nothing was changed, and the other fields are null.',
  })
  userErrors: UserErrorEntry[] = [];
}

export function failedPayload(error: UserError): { userErrors: UserErrorEntry[] } {
  return { userErrors: [{ message: error.message, code: error.code, path: error.argument }] };
}
