import { describe, expect, it } from 'vitest';
import { consoleLines, matchesOutput, shownCommands, withNames } from './shown-commands.ts';

const PAGE = `# Page
## First
<!-- scene: it rains -->
\`\`\`sh
$ quayside messages list
ID    AT
<one> 2026-11-24 05:53:01
$ quayside nothing   # exit 2
\`\`\`
\`\`\`console
systemctl restart it
\`\`\`
<!-- file: partners/acme/partner.yaml -->
\`\`\`yaml
# $ no command
partner: acme
\`\`\`
## Without commands
`;

describe('a page', () => {
  it('is read as sections of scenes, files, and commands with their output and exit status', () => {
    expect(shownCommands(PAGE)).toEqual([
      {
        title: 'First',
        steps: [
          { kind: 'scene', line: 3, name: 'it rains' },
          { kind: 'command', line: 5, command: 'quayside messages list', status: 0, output: ['ID    AT', '<one> 2026-11-24 05:53:01'] },
          { kind: 'command', line: 8, command: 'quayside nothing', status: 2, output: [] },
          { kind: 'file', line: 13, path: 'partners/acme/partner.yaml', text: '# $ no command\npartner: acme\n' },
        ],
      },
    ]);
    expect(consoleLines(PAGE)).toEqual(['systemctl restart it']);
  });

  it('is refused when a block shows output of no command', () => {
    expect(() => shownCommands('# A\n```sh\nno command\n```\n')).toThrow(/line 3: expected a command, found "no command"/);
  });
});

describe('output', () => {
  const matches = (shown: string, printed: string, names = new Map<string, string>()) => matchesOutput(shown.split('\n'), printed, names);

  it('is compared to the letter, but for spaces, times and what is left out', () => {
    expect(matches('a  b 2026-11-24 05:53:01 (…) end', 'a b      2027-01-01 00:00:00 (anything) end\n')).toBe(true);
    expect(matches('first\n…\nlast', 'first\n1\n2\nlast\n')).toBe(true);
    expect(matches('a b', 'a c\n')).toBe(false);
    expect(matches('a b', 'a b\nmore\n')).toBe(false);
    expect(matches('a b\nmore', 'a b\n')).toBe(false);
    expect(matches('a…c', 'a\nc\n')).toBe(false);
    expect(matches('1.5 [x]', '1x5 [x]\n')).toBe(false);
    expect(matches('at 2026-11-24 05:53:01', 'at noon\n')).toBe(false);
  });

  it('gives names to ids, which stand for the same wherever they are again', () => {
    const names = new Map<string, string>();
    expect(matches('<one> and <one>', 'abcdef and abcdeg\n', names)).toBe(false);
    expect(matches('<one> and <one>', 'abcdef and abcdef\n', names)).toBe(true);
    expect(matches('<one>', 'uvwxyz\n', names)).toBe(false);
    expect(withNames('quayside messages show <one>', names)).toBe('quayside messages show abcdef');
    expect(() => withNames('show <two>', names)).toThrow(/nothing before has shown <two>/);
  });
});
