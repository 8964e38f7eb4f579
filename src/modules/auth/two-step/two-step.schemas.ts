import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented, examplesOf } from '../../../http/openapi/documented.ts';
import { signInAnswer } from '../sign-in/sign-in.schemas.ts';
import { RECOVERY_CODES } from './two-step.rules.ts';

const TICKET = 'Yk3nQ7vXw1rT5zB8mJ2cF6hL9pS4dG0aE7uVxNqKoRi';
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const RECOVERY = 'k3fq-7wza-pl2m-6rtx';

const ticket = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: 'Of the 401 `second_step_required`.', examples: [TICKET] });
/** With spaces or without. */
const code = z
  .string()
  .min(1)
  .max(40)
  .meta({ description: 'Of the app, or a recovery code.', examples: ['402915'] });

export const secondStep = documented(z.object({ ticket, code }), {
  id: 'SecondStep',
  description: 'What a sign-in goes on with.',
  examples: {
    app: { summary: 'A code of the app', value: { ticket: TICKET, code: '402915' } },
    recovery: { summary: 'A recovery code', value: { ticket: TICKET, code: RECOVERY } },
  },
});

export const enrolment = documented(z.object({ ticket: ticket.optional() }), {
  id: 'TwoStepEnrolment',
  description: 'Who sets it up: whoever is signed in, or holds a ticket.',
  examples: {
    signed_in: { summary: 'Signed in', value: {} },
    ticket: { summary: 'With a ticket', value: { ticket: TICKET } },
  },
});

export const enrolled = documented(
  z.object({
    secret: z
      .string()
      .max(64)
      .meta({ description: 'To be typed into the app.', examples: [SECRET] }),
    uri: z
      .string()
      .max(1_000)
      .meta({
        description: 'The same for a picture (QR).',
        examples: [`otpauth://totp/Clinic:a?secret=${SECRET}`],
      }),
  }),
  {
    id: 'TwoStepSecret',
    description: 'The secret of an authenticator app; it is shown once.',
    examples: {
      secret: {
        summary: 'A secret',
        value: { secret: SECRET, uri: `otpauth://totp/Clinic:aziza.karimova?secret=${SECRET}&issuer=Clinic` },
      },
    },
  },
);

export const confirmation = documented(z.object({ ticket: ticket.optional(), code }), {
  id: 'TwoStepConfirmation',
  description: 'The code that the app shows.',
  examples: { code: { summary: 'Signed in', value: { code: '402915' } } },
});

const [signedIn] = Object.values(examplesOf(signInAnswer));

export const confirmed = documented(
  z.object({
    recovery_codes: z
      .array(z.string().max(40))
      .max(RECOVERY_CODES)
      .meta({ description: 'Each serves once in place of the app. They are shown once.' }),
    sign_in: signInAnswer.nullable().meta({ description: 'For whoever came with a ticket.' }),
  }),
  {
    id: 'TwoStepConfirmed',
    description: 'The second step is asked for from now on.',
    examples: {
      signed_in: { summary: 'Signed in before', value: { recovery_codes: [RECOVERY], sign_in: null } },
      ticket: {
        summary: 'With a ticket',
        value: { recovery_codes: [RECOVERY], sign_in: signedIn?.value as z.infer<typeof signInAnswer> },
      },
    },
  },
);

export const removal = documented(z.object({ code }), {
  id: 'TwoStepRemoval',
  description: 'A code of the app, or a recovery code.',
  examples: { code: { summary: 'A code of the app', value: { code: '402915' } } },
});

export const state = documented(
  z.object({
    is_on: z.boolean().meta({ description: 'Whether signing in asks for a code.' }),
    since: fields.out.instant.nullable(),
    recovery_codes_left: z.int().min(0).max(RECOVERY_CODES),
  }),
  {
    id: 'TwoStepState',
    description: 'How my second step stands.',
    examples: {
      on: {
        summary: 'Set up',
        value: { is_on: true, since: '2028-03-01T09:30:00.000Z', recovery_codes_left: 9 },
      },
    },
  },
);
