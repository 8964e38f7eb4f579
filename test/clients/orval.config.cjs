module.exports = {
  clinic: {
    input: './generated/openapi.json',
    output: {
      target: './generated/orval/client.ts',
      client: 'fetch',
      headers: true,
      override: { mutator: { path: './orval.fetch.ts', name: 'send' } },
    },
  },
};
