/** A web server on loopback for what programs fetch that a test waits for: a process of its own, since the test's stands still then. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const program = `
const { createReadStream } = require('node:fs');
const server = require('node:http').createServer(({ url }, response) => {
  console.log(url);
  const file = createReadStream(process.argv[1] + decodeURIComponent(url));
  file.on('error', () => response.writeHead(404).end()).pipe(response);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

export interface FileServer {
  /** Its address, with a slash at the end. */
  url: string;
  /** The paths that it was asked for so far, in their order. */
  asked: string[];
  end(): void;
}

/** Serves the files of a directory. */
export async function serveFiles(directory: string): Promise<FileServer> {
  const child = spawn(process.execPath, ['-e', program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const asked: string[] = [];
  const lines = createInterface(child.stdout);
  const [port] = await once(lines, 'line');
  lines.on('line', (line) => asked.push(line));
  return { url: `http://127.0.0.1:${port}/`, asked, end: () => child.kill() };
}
