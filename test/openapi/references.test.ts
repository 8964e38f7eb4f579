import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

/** What Swagger UI's page follows references with, as a browser runs it. */

interface Plugin {
  fn: {
    resolveSubtree: (document: object, path: string[]) => Promise<{ spec: unknown; errors: unknown[] }>;
  };
}

const page: { referencesInPlace?: () => Plugin } = {};
runInNewContext(
  readFileSync(new URL('../../src/http/docs/static/references.js', import.meta.url), 'utf8'),
  page,
);

const document = {
  paths: {
    '/visits/': {
      get: {
        parameters: [{ $ref: '#/components/parameters/day' }],
        responses: { 200: { $ref: '#/components/responses/Visits', description: 'Yours.' } },
      },
    },
  },
  components: {
    parameters: { day: { name: 'day', schema: { $ref: '#/components/schemas/a~1b' } } },
    responses: { Visits: { description: 'All.', schema: { $ref: '#/components/schemas/Tree' } } },
    schemas: {
      'a/b': { type: 'string' },
      Tree: { type: 'object', properties: { children: { items: { $ref: '#/components/schemas/Tree' } } } },
    },
  },
};

async function resolved(...path: string[]): Promise<unknown> {
  const answer = await page.referencesInPlace?.().fn.resolveSubtree(document, path);
  expect(answer?.errors).toEqual([]);
  return JSON.parse(JSON.stringify(answer?.spec ?? null));
}

test('what a reference names stands in its place, with what stood beside it', async () => {
  expect(await resolved('paths', '/visits/', 'get')).toEqual({
    parameters: [
      {
        name: 'day',
        schema: { type: 'string', $$ref: '#/components/schemas/a~1b' },
        $$ref: '#/components/parameters/day',
      },
    ],
    responses: {
      200: {
        description: 'Yours.',
        schema: expect.objectContaining({ type: 'object' }),
        $$ref: '#/components/responses/Visits',
      },
    },
  });
});

test('what leads back to itself is followed once', async () => {
  expect(await resolved('components', 'responses', 'Visits', 'schema')).toEqual({
    type: 'object',
    properties: { children: { items: { $ref: '#/components/schemas/Tree' } } },
    $$ref: '#/components/schemas/Tree',
  });
});

test('a place that the document does not have is nothing', async () => {
  expect(await resolved('paths', '/none/', 'get')).toBeNull();
});
