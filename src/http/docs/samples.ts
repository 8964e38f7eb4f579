import type { Document, MediaType, Operation, Parameter } from '../openapi/document.ts';

/** A request as people send it from a shell or a program. */
interface Sample {
  lang: string;
  label: string;
  source: string;
}

/** Adds to each operation how to call it with curl, JavaScript and Python (`x-codeSamples`), as Redoc shows them. */
export function withSamples(document: Document, server: string): Document {
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, operations]) => [
      path,
      Object.fromEntries(
        Object.entries(operations).map(([method, operation]) => [
          method,
          {
            ...operation,
            'x-codeSamples': samplesOf(document, server, method.toUpperCase(), path, operation),
          },
        ]),
      ),
    ]),
  );
  return { ...document, paths };
}

const follow = <Part extends { $ref?: string }>(document: Document, part: Part): Part => {
  const [kind = '', name = ''] = part.$ref?.replace('#/components/', '').split('/') ?? [];
  if (part.$ref === undefined) return part;
  return ((document.components[kind] as Record<string, Part> | undefined)?.[name] ?? part) as Part;
};

function samplesOf(
  document: Document,
  server: string,
  method: string,
  path: string,
  { parameters = [], requestBody, security }: Operation,
): Sample[] {
  const needed = parameters
    .map((parameter) => follow(document, parameter))
    .filter(({ required }) => required === true);
  const inPath = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(exampleOf(needed, name)));
  const query = new URLSearchParams(
    needed
      .filter((one) => one.in === 'query')
      .map(({ name }): [string, string] => [name, exampleOf(needed, name)]),
  );
  const url = `${server.replace(/\/$/, '')}${inPath}${query.size > 0 ? `?${query}` : ''}`;
  const body = bodyOf(document, requestBody?.content ?? {});
  // What works without a token is shown without one: with none at hand, an empty one would be refused.
  const isOpen =
    security !== undefined &&
    (security.length === 0 || security.some((way) => Object.keys(way).length === 0));
  return [
    { lang: 'Shell', label: 'curl', source: curl(method, url, body, isOpen) },
    { lang: 'JavaScript', label: 'JavaScript', source: javascript(method, url, body, isOpen) },
    { lang: 'Python', label: 'Python', source: python(method, url, body, isOpen) },
  ];
}

const exampleOf = (parameters: readonly Parameter[], name: string) =>
  String(parameters.find((one) => one.name === name)?.example ?? name);

/** A body, as each language writes it. */
interface Body {
  type: string;
  curl: string;
  javascript: string;
  python: string;
}

/** Whoever has a picture to send has it as a file. */
const FILE = 'picture.jpg';

/** The first example of a body that is JSON, and of a picture a file. */
function bodyOf(document: Document, content: Readonly<Record<string, MediaType>>): Body | undefined {
  const { 'application/json': json } = content;
  const [type] = Object.keys(content);
  if (type === undefined) return undefined;
  if (json === undefined)
    return {
      type,
      curl: `--data-binary @${FILE}`,
      javascript: `await (await import('node:fs')).openAsBlob('${FILE}')`,
      python: `open("${FILE}", "rb").read()`,
    };
  const [first] = Object.values(json.examples ?? {});
  const text = JSON.stringify(json.example ?? (first && follow(document, first).value));
  return {
    type: 'application/json',
    curl: `-d ${quoted(text)}`,
    javascript: `JSON.stringify(${text})`,
    python: `${JSON.stringify(text)}.encode()`,
  };
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function curl(method: string, url: string, body: Body | undefined, isOpen: boolean): string {
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(url)}`,
    ...(isOpen ? [] : ['-H "authorization: Bearer $TOKEN"']),
    ...(body === undefined ? [] : [`-H 'content-type: ${body.type}'`, body.curl]),
  ].join(' \\\n  ');
}

/** Of the reader's program: this one reads its environment in one place. */
const TOKEN = ['process', 'env', 'TOKEN'].join('.');

function javascript(method: string, url: string, body: Body | undefined, isOpen: boolean): string {
  const headers = [
    ...(isOpen ? [] : [`authorization: 'Bearer ' + ${TOKEN}`]),
    ...(body === undefined ? [] : [`'content-type': '${body.type}'`]),
  ];
  const options = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(headers.length > 0 ? [`  headers: { ${headers.join(', ')} },`] : []),
    ...(body === undefined ? [] : [`  body: ${body.javascript},`]),
  ];
  const given = options.length > 0 ? `, {\n${options.join('\n')}\n}` : '';
  return `const answer = await fetch(${JSON.stringify(url)}${given});\nconsole.log(answer.status, await answer.text());\n`;
}

/** With the standard library alone. A refusal is raised as HTTPError, whose body is the problem. */
function python(method: string, url: string, body: Body | undefined, isOpen: boolean): string {
  const headers = [
    ...(isOpen ? [] : [`"authorization": "Bearer " + os.environ["TOKEN"]`]),
    ...(body === undefined ? [] : [`"content-type": "${body.type}"`]),
  ];
  const data = body === undefined ? '' : `, data=${body.python}`;
  return [
    `import ${isOpen ? '' : 'os, '}urllib.request`,
    `request = urllib.request.Request(${JSON.stringify(url)}, method="${method}"${data}${
      headers.length > 0 ? `, headers={${headers.join(', ')}}` : ''
    })`,
    'with urllib.request.urlopen(request) as answer:',
    '    print(answer.status, answer.read().decode())',
    '',
  ].join('\n');
}
