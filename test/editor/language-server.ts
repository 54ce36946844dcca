/** A client of the real yaml-language-server over stdio, as an editor is one: opens a text, asks for completions, waits for diagnostics. */
import { type ChildProcess, spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

interface Message {
  readonly id?: number | undefined;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

/** What an editor would answer to `workspace/configuration`: no catalogue from the network. */
const SETTINGS = { yaml: { schemaStore: { enable: false }, completion: true, validate: true, hover: true } };
const ANSWER_WITHIN_MS = 60_000;

export class LanguageServer {
  readonly #process: ChildProcess;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #diagnostics = new Map<string, (found: readonly Diagnostic[]) => void>();
  #received = Buffer.alloc(0);
  #asked = 0;
  #texts = 0;

  private constructor() {
    this.#process = spawn(process.execPath, ['node_modules/yaml-language-server/bin/yaml-language-server', '--stdio'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  static async start(): Promise<LanguageServer> {
    const server = new LanguageServer();
    const capabilities = { textDocument: { completion: { completionItem: { snippetSupport: true } } }, workspace: { configuration: true } };
    await server.#ask('initialize', { processId: process.pid, rootUri: pathToFileURL(process.cwd()).href, capabilities });
    server.#tell('initialized', {});
    server.#tell('workspace/didChangeConfiguration', { settings: SETTINGS });
    return server;
  }

  /** What is found wrong in a text, as if it were a file in that folder. */
  async diagnose(folder: string, text: string): Promise<readonly Diagnostic[]> {
    const uri = this.#nextUri(folder);
    const found = await this.#open(uri, text);
    this.#close(uri);
    return found;
  }

  /** Labels offered at the end of a text, with what is said of each. */
  async complete(folder: string, text: string): Promise<ReadonlyMap<string, string>> {
    const uri = this.#nextUri(folder);
    await this.#open(uri, text);
    const lines = text.split('\n');
    const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
    const result = (await this.#ask('textDocument/completion', { textDocument: { uri }, position })) as {
      items?: readonly { label: string; documentation?: string | { value: string } }[];
    } | null;
    this.#close(uri);
    return new Map(
      result?.items?.map(({ label, documentation }) => [label, typeof documentation === 'string' ? documentation : (documentation?.value ?? '')]),
    );
  }

  /** Each text is a file of its own: what is still said of a text that was closed is of nobody's interest. */
  #nextUri(folder: string): string {
    return pathToFileURL(`${folder}/text-${++this.#texts}.yaml`).href;
  }

  #open(uri: string, text: string): Promise<readonly Diagnostic[]> {
    const found = within(`diagnostics of ${uri}`, (resolve: (value: readonly Diagnostic[]) => void) => this.#diagnostics.set(uri, resolve));
    this.#tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    return found;
  }

  #close(uri: string): void {
    this.#diagnostics.delete(uri);
    this.#tell('textDocument/didClose', { textDocument: { uri } });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    await this.#ask('shutdown', null);
    this.#tell('exit', null);
    await ended;
  }

  async #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#asked;
    const answer = within(method, (resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    return answer;
  }

  #tell(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.#process.stdin?.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.subarray(0, Math.max(end, 0)).toString())?.[1] ?? Number.NaN);
      if (end < 0 || Number.isNaN(length) || this.#received.length < end + 4 + length) return;
      const body = this.#received.subarray(end + 4, end + 4 + length).toString();
      this.#received = this.#received.subarray(end + 4 + length);
      this.#handle(JSON.parse(body) as Message);
    }
  }

  #handle({ id, method, params, result }: Message): void {
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: readonly Diagnostic[] };
      this.#diagnostics.get(uri)?.(diagnostics);
    } else if (method === 'workspace/configuration') {
      const { items } = params as { items: readonly { section?: string }[] };
      this.#send({ id, result: items.map(({ section }) => (section === 'yaml' ? SETTINGS.yaml : null)) });
    } else if (method !== undefined && id !== undefined) this.#send({ id, result: null });
    else if (id !== undefined) {
      this.#answers.get(id)?.(result);
      this.#answers.delete(id);
    }
  }
}

function within<Value>(what: string, begin: (resolve: (value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
