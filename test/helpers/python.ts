import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

/** Debian's own, with its packages, or whichever there is. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** Whether a module is there for Debian's Python; says so where it is not. */
export function hasPython(module: string, without: string): boolean {
  const { status } = spawnSync(PYTHON, ['-c', `import ${module}`]);
  if (status !== 0) process.stderr.write(`NOT RUN: ${without} (Debian: apt-get install python3-${module})\n`);
  return status === 0;
}

/** Runs a program that prints one value as JSON. */
export function pythonJson(program: string, input: string): unknown {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', program], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Runs a program. @returns the lines that it prints */
export async function python(program: string, args: string[], input: string): Promise<string[]> {
  const child = spawn(PYTHON, ['-c', program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`python ended with ${code}`);
  return output.trim().split('\n');
}
