import { join } from 'node:path';
import { z } from 'zod';
import { parseReminders } from './core/messages.ts';

/** The settings of messages and background jobs; part of the environment that config.ts reads. */

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** An address without a slash at its end, since paths are put after it. */
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must look like https://host' })
  .transform((url) => url.replace(/\/+$/, ''));

const smtpUrl = z.string().refine((text) => {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  return protocol === 'smtp:' || protocol === 'smtps:';
}, 'must look like smtp://user:password@host:587 or smtps://…');

export const messagesEnvironment = {
  WORKER: z.enum(['internal', 'external', 'off']).default('internal'),
  WORKER_CONCURRENCY: whole(1, 50).default(5),
  PUBLIC_URL: httpUrl.optional(),
  REMINDERS: z
    .string()
    .default('24h,2h')
    .transform((text, context) => {
      const leads = parseReminders(text);
      if (!leads)
        context.addIssue({ code: 'custom', message: 'must be times such as 24h,2h or 30m, or off' });
      return leads ?? [];
    }),
  REMIND_DOCTOR_HOURS: whole(0, 720).default(24),
  MESSAGE_ATTEMPTS: whole(1, 20).default(10),
  PROVIDER_TIMEOUT_SECONDS: whole(1, 60).default(10),
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, 'must look like Clinic <no-reply@clinic.uz>')
    .optional(),
  SMS_PROVIDER: z.enum(['eskiz', 'twilio']).optional(),
  ESKIZ_EMAIL: z.string().min(1).optional(),
  ESKIZ_PASSWORD: z.string().min(1).optional(),
  ESKIZ_FROM: z.string().min(1).max(11).default('4546'),
  ESKIZ_URL: httpUrl.default('https://notify.eskiz.uz'),
  TWILIO_ACCOUNT_SID: z.string().min(1).optional(),
  TWILIO_AUTH_TOKEN: z.string().min(1).optional(),
  TWILIO_FROM: z.string().min(1).optional(),
  TWILIO_URL: httpUrl.default('https://api.twilio.com'),
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(/^\d+:[\w-]+$/, 'must be the token that @BotFather gave, such as 123456:ABC-DEF')
    .optional(),
  TELEGRAM_API_URL: httpUrl.default('https://api.telegram.org'),
};

type MessagesEnvironment = z.infer<z.ZodObject<typeof messagesEnvironment>>;

/** What one setting needs of the others. */
export function judgeMessages(
  env: MessagesEnvironment,
  refuse: (path: string, message: string) => void,
): void {
  const need = (names: readonly (keyof MessagesEnvironment)[], why: string) => {
    for (const name of names) if (env[name] === undefined) refuse(name, `is required with ${why}`);
  };
  if (env.SMTP_URL) need(['MAIL_FROM'], 'SMTP_URL');
  if (env.SMS_PROVIDER === 'eskiz') need(['ESKIZ_EMAIL', 'ESKIZ_PASSWORD'], 'SMS_PROVIDER=eskiz');
  if (env.SMS_PROVIDER === 'twilio')
    need(['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'], 'SMS_PROVIDER=twilio');
}

/** @param place where this process listens, which is where links lead outside production unless PUBLIC_URL says more */
export function messagesConfig(
  env: MessagesEnvironment,
  { production, data_dir, host, port }: { production: boolean; data_dir: string; host: string; port: number },
) {
  const { ESKIZ_EMAIL, ESKIZ_PASSWORD, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM } = env;
  const local = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return {
    worker: env.WORKER,
    worker_concurrency: env.WORKER_CONCURRENCY,
    // No guess: it would be wrong on any address but the one that was guessed.
    site_url: env.PUBLIC_URL,
    // A guess would stand in people's messages: in production there are no links without PUBLIC_URL.
    public_url: env.PUBLIC_URL ?? (production ? undefined : `http://${local}:${port}`),
    reminders: env.REMINDERS,
    remind_doctor_hours: env.REMIND_DOCTOR_HOURS,
    message_attempts: env.MESSAGE_ATTEMPTS,
    channels: {
      email: env.SMTP_URL && env.MAIL_FROM ? { smtp_url: env.SMTP_URL, from: env.MAIL_FROM } : undefined,
      eskiz:
        env.SMS_PROVIDER === 'eskiz' && ESKIZ_EMAIL && ESKIZ_PASSWORD
          ? { url: env.ESKIZ_URL, email: ESKIZ_EMAIL, password: ESKIZ_PASSWORD, from: env.ESKIZ_FROM }
          : undefined,
      twilio:
        env.SMS_PROVIDER === 'twilio' && TWILIO_ACCOUNT_SID && TWILIO_AUTH_TOKEN && TWILIO_FROM
          ? {
              url: env.TWILIO_URL,
              account_sid: TWILIO_ACCOUNT_SID,
              auth_token: TWILIO_AUTH_TOKEN,
              from: TWILIO_FROM,
            }
          : undefined,
      telegram: env.TELEGRAM_BOT_TOKEN
        ? { token: env.TELEGRAM_BOT_TOKEN, api_url: env.TELEGRAM_API_URL }
        : undefined,
      // Outside production, what has no provider is written down instead of being sent.
      file: production ? undefined : join(data_dir, 'messages.log'),
      timeout: env.PROVIDER_TIMEOUT_SECONDS * 1_000,
    },
  };
}
