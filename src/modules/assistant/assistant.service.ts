import { z } from 'zod';
import type { Caller } from '../../core/roles.ts';
import { isInScope } from '../../core/scopes.ts';
import type { Api, Tool } from './tool.rules.ts';
import { booking } from './tools/booking.rules.ts';
import { desk } from './tools/desk.rules.ts';
import { finding } from './tools/finding.rules.ts';
import { waiting } from './tools/waiting.rules.ts';

export type { Api };

const tools: readonly Tool[] = [...finding, ...booking, ...waiting, ...desk];

/** What the API has refused. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** As the API answers it, with what belongs to its code beside these. */
interface Problem {
  code: string;
  detail: string;
  [told: string]: unknown;
}

/** What every problem says (RFC 9457), and tells an assistant nothing more. */
const OF_ALL = ['code', 'detail', 'title', 'status', 'type', 'instance', 'request_id'];

/** The tools of whoever calls: those of their role, and with a key those that its scopes allow. */
function toolsFor({ role, key }: Caller): Tool[] {
  return tools.filter(
    ({ roles, needs }) =>
      roles.includes(role) &&
      (key === undefined || needs.every(([method, path]) => isInScope(key.scopes, method, path))),
  );
}

const INSTRUCTIONS =
  'Books visits in a clinic. Times are the clinic’s wall clock. What changes something is a preview until confirm: true: ask the ' +
  'person first. An error begins with its code, and with alternatives where a slot was refused: offer these.';

/**
 * Answers one message of the Model Context Protocol. Nothing is kept between two: the token says who asks.
 * @param request the HTTP request, with the message as `body`
 * @param api the API as the caller may call it
 */
export async function answer(request: Request, body: unknown, caller: Caller, api: Api): Promise<Response> {
  // Loaded by whoever asks first: most clinics have no assistant.
  const [{ Server }, { WebStandardStreamableHTTPServerTransport }, types] = await Promise.all([
    import('@modelcontextprotocol/sdk/server/index.js'),
    import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ]);
  const own = toolsFor(caller);
  const server = new Server(
    { name: 'clinic-booking', version: '1' },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(types.ListToolsRequestSchema, async () => ({ tools: own.map(described) }));
  server.setRequestHandler(types.CallToolRequestSchema, async ({ params }) => {
    const tool = own.find(({ name }) => name === params.name);
    if (!tool)
      throw new types.McpError(types.ErrorCode.InvalidParams, `There is no tool ${params.name} for you`);
    return call(tool, params.arguments ?? {}, api);
  });
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport as unknown as Parameters<typeof server.connect>[0]);
  return transport.handleRequest(request, { parsedBody: body });
}

const described = ({ name, title, description, input, reads }: Tool) => ({
  name,
  title,
  description,
  inputSchema: z.toJSONSchema(input, { io: 'input' }) as { type: 'object' },
  annotations: { readOnlyHint: reads, openWorldHint: false },
});

async function call(tool: Tool, given: unknown, api: Api) {
  const args = tool.input.safeParse(given);
  if (!args.success) {
    const errors = args.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    return refusal({ code: 'invalid_input', detail: 'Arguments of the tool are wrong.', errors });
  }
  try {
    const told = await tool.call(args.data as never, api);
    return { content: [{ type: 'text' as const, text: JSON.stringify(told) }] };
  } catch (error) {
    if (error instanceof Refused) return refusal(error.problem);
    throw error;
  }
}

/** What is useful comes first: assistants cut long texts at their end. */
function refusal(problem: Problem) {
  const told = Object.entries(problem).filter(([name]) => !OF_ALL.includes(name));
  const lines = [
    problem.code,
    ...told.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    problem.detail,
  ];
  return { isError: true, content: [{ type: 'text' as const, text: lines.join('\n') }] };
}
