import { TITLE } from '../openapi/openapi.ts';

/** What a language model that looks for documentation is told first (llmstxt.org). */
export const llmsText = (site: string): string => `# ${TITLE}

> Patients book visits with doctors, doctors publish their hours, the desk looks after both. REST and JSON, in Uzbek, Russian and
> English. Times are the clinic's wall clock; instants are UTC.

Sign in at POST ${site}/api/auth/login/ and send \`access\` as a bearer token, or use an API key. Errors are RFC 9457 problems with
a stable \`code\`; a refused slot comes with \`alternatives\`. Repeat a booking with the same \`Idempotency-Key\`.

## API

- [OpenAPI 3.1, all of it](${site}/api/schema/)
- [What a patient may call](${site}/api/schema/?role=patient)
- [What a doctor may call](${site}/api/schema/?role=doctor)
- [What a receptionist may call](${site}/api/schema/?role=receptionist)
- [What an admin may call](${site}/api/schema/?role=admin)

## Assistants

- [Model Context Protocol](${site}/mcp): tools to find, hold, book, move and cancel; previews unless \`confirm: true\`

## To read

- [Reference](${site}/api/redoc/)
- [Swagger UI](${site}/api/docs/)
`;
