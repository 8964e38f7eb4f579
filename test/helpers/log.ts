/** What the application logs in a test: hand `stream` to testApp. */
export function capturedLog() {
  const lines: string[] = [];
  return {
    lines,
    stream: {
      write(line: string) {
        lines.push(line);
      },
    },
    /** Lines of pino's level error (50) and above. */
    errors: () => lines.filter((line) => JSON.parse(line).level >= 50),
  };
}
