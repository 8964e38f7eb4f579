import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { demo } from '../../core/demo.ts';
import { AppError } from '../../core/errors.ts';
import type { Role } from '../../core/roles.ts';
import { namesType } from '../accept.ts';
import { Public } from '../guards.ts';
import { TITLE } from '../openapi/openapi.ts';
import { ICON } from './pages.ts';

/**
 * A page for people who open the address that the server prints, or one near it. Programs still get the 404 that an
 * address without a route gets.
 */
export async function landing(
  app: FastifyInstance,
  { demo_data, pages }: { demo_data?: boolean | undefined; pages: boolean },
) {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, turn: 'none' };
  });
  const page = pageFor(demo_data === true, pages);
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    refusePrograms(request);
    return reply.type('text/html; charset=utf-8').header('vary', 'accept').send(page);
  };
  for (const url of ['/', '/api/'])
    app.get(url, { preHandler: Public, schema: { hide: true }, logLevel: 'warn' }, show);

  app.get(
    '/docs/',
    { preHandler: Public, schema: { hide: true }, logLevel: 'warn' },
    async (request, reply) => {
      refusePrograms(request);
      return reply.header('vary', 'accept').redirect('/api/docs/');
    },
  );

  app.get(
    '/favicon.ico',
    { preHandler: Public, schema: { hide: true }, logLevel: 'warn' },
    async (_request, reply) =>
      reply.type('image/svg+xml').header('cache-control', 'public, max-age=86400').send(ICON),
  );
}

/** Browsers name HTML among what they take; curl and clients that take anything do not. */
function refusePrograms({ headers }: FastifyRequest): void {
  if (!namesType(headers.accept, 'text/html')) throw new AppError('route_not_found');
}

const accounts = Object.entries({
  admin: demo.admin,
  receptionist: demo.receptionist,
  doctor: demo.doctor,
  patient: demo.patient,
})
  .map(([role, { username }]) => `<tr><td>${role}</td><td><code>${username}</code></td></tr>`)
  .join('');

/** Links to what one role may call. */
const ofEachRole = (path: string) =>
  (['patient', 'doctor', 'receptionist', 'admin'] satisfies Role[])
    .map((role) => `<a href="${path}?role=${role}">${role}</a>`)
    .join(', ');

const forPeople = `<h2>For people</h2>
    <ul>
      <li><a href="/book/">Book a visit</a>: for patients</li>
      <li><a href="/desk/">The desk</a>: the day at a glance, for reception, doctors and admins</li>
    </ul>
    `;

const pageFor = (isDemo: boolean, hasPages: boolean) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${TITLE}</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
    <style>
      :root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
      body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
      td { padding-right: 1.5rem; }
    </style>
  </head>
  <body>
    <h1>${TITLE}</h1>
    ${hasPages ? forPeople : ''}<h2>For programs</h2>
    <p>Patients book visits, doctors publish their hours, admins look after everything. This is an API; these pages
      describe it:</p>
    <ul>
      <li><a href="/api/docs/">Swagger UI</a>: try every operation, or those of one role: ${ofEachRole('/api/docs/')}</li>
      <li><a href="/api/redoc/">Reference</a>: read about them</li>
      <li><a href="/api/schema/">OpenAPI 3.1</a>: the same for programs, or what one role may call: ${ofEachRole('/api/schema/')}</li>
      <li><a href="/llms.txt">llms.txt</a>: for language models</li>
    </ul>${isDemo ? `\n    <p>Demo accounts, all with the password <code>${demo.password}</code>:</p>\n    <table>${accounts}</table>` : ''}
  </body>
</html>
`;
