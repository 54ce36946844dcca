/**
 * Commands as a page shows them, with what they print, read so that a test can run them.
 *
 * In a block of `sh`, a line that begins with `$ ` is a command (`# exit 75` at its end: it ends so) and the lines after it are what it
 * prints: `…` stands for anything, a line of `…` for any lines, any time for any other, spaces for any number of them, and `<name>` for
 * an id. What stood there is put in place of the same `<name>` in the commands that follow in the section. A comment
 * `<!-- scene: what happens -->` between blocks says what happens meanwhile, or before. `<!-- file: path -->` before a block: it is what
 * that file says from then on.
 */

export interface ShownCommand {
  readonly kind: 'command';
  readonly line: number;
  readonly command: string;
  readonly status: number;
  readonly output: readonly string[];
}

export interface SceneChange {
  readonly kind: 'scene';
  readonly line: number;
  readonly name: string;
}

export interface ShownFile {
  readonly kind: 'file';
  readonly line: number;
  readonly path: string;
  readonly text: string;
}

export interface PageSection {
  readonly title: string;
  readonly steps: readonly (ShownCommand | SceneChange | ShownFile)[];
}

/** Sections of the page that have commands. Throws where a line belongs to no command. */
export function shownCommands(page: string): PageSection[] {
  const sections: { title: string; steps: (ShownCommand | SceneChange | ShownFile)[] }[] = [];
  let language: string | undefined;
  let file: { line: number; path: string; lines: string[] } | undefined;
  let output: string[] | undefined;
  for (const [index, text] of page.split('\n').entries()) {
    const line = index + 1;
    const steps = sections.at(-1)?.steps;
    if (language === undefined) {
      const heading = /^#{1,4} (.+)$/.exec(text)?.[1];
      const scene = /^<!-- scene: (.+) -->$/.exec(text)?.[1];
      const path = /^<!-- file: (.+) -->$/.exec(text)?.[1];
      if (path !== undefined) file = { line, path, lines: [] };
      if (heading !== undefined) sections.push({ title: heading, steps: [] });
      else if (scene !== undefined) steps?.push({ kind: 'scene', line, name: scene });
      language = /^```(\w*)/.exec(text)?.[1];
      output = undefined;
    } else if (text === '```') {
      language = undefined;
      if (file !== undefined) steps?.push({ kind: 'file', line: file.line, path: file.path, text: `${file.lines.join('\n')}\n` });
      file = undefined;
    } else if (file !== undefined) file.lines.push(text);
    else if (language === 'sh') {
      const [, command, status = '0'] = /^\$ (.+?)(?: +# exit (\d+))?$/.exec(text) ?? [];
      if (command === undefined && output === undefined) throw new Error(`line ${line}: expected a command, found "${text}"`);
      if (command === undefined) output?.push(text);
      else {
        output = [];
        steps?.push({ kind: 'command', line, command, status: Number(status), output });
      }
    }
  }
  return sections.filter(({ steps }) => steps.some(({ kind }) => kind === 'command'));
}

/** Every command of a page that is shown for a machine on which no test runs: in blocks of `console`. */
export const consoleLines = (page: string): string[] =>
  [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n').filter((line) => line !== ''));

export type Names = Map<string, string>;

/** The command with what the names stand for; throws for a name that nothing before has shown. */
export const withNames = (command: string, names: Names): string =>
  command.replace(/<([a-z-]+)>/g, (_, name: string) => {
    const value = names.get(name);
    if (value === undefined) throw new Error(`nothing before has shown <${name}>: ${command}`);
    return value;
  });

const TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?Z?/;

/** Whether this was printed; what names stood for is added to `names`. No lines: whatever it was. */
export function matchesOutput(shown: readonly string[], printed: string, names: Names): boolean {
  if (shown.length === 0) return true;
  const bound: string[] = [];
  const pattern = shown.map((line) => (line.trim() === '…' ? '(?:.*\\n)*?' : `${linePattern(line, names, bound)} *\\n`)).join('');
  const match = new RegExp(`^${pattern}$`).exec(printed.endsWith('\n') || printed === '' ? printed : `${printed}\n`);
  if (match === null) return false;
  for (const [index, name] of bound.entries()) names.set(name, match[index + 1] ?? '');
  return true;
}

function linePattern(line: string, names: Names, bound: string[]): string {
  let pattern = '';
  for (let rest = line; rest !== ''; ) {
    const name = /^<([a-z-]+)>/.exec(rest);
    const time = TIME.exec(rest);
    const [spaces] = /^ +/.exec(rest) ?? [];
    if (name !== null) {
      const known = names.get(name[1] ?? '');
      const earlier = bound.indexOf(name[1] ?? '');
      if (known !== undefined) pattern += escaped(known);
      else if (earlier >= 0) pattern += `\\${earlier + 1}`;
      else {
        bound.push(name[1] ?? '');
        pattern += '([\\w-]{6,})';
      }
      rest = rest.slice(name[0].length);
    } else if (time !== null) {
      pattern += '\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d(?::\\d\\d)?(?:\\.\\d+)?Z?';
      rest = rest.slice(time[0].length);
    } else if (spaces !== undefined) {
      pattern += ' +';
      rest = rest.slice(spaces.length);
    } else {
      pattern += rest.startsWith('…') ? '.*?' : escaped(rest[0] ?? '');
      rest = rest.slice(1);
    }
  }
  return pattern;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
