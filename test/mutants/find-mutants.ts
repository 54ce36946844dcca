/**
 * Finds every place in a source text that reports a fault, and writes the text in which that one report is switched off.
 *
 * Generic: a place is a statement with the literal of a fault code. A call becomes nothing, a return gives nothing, and of a variable
 * that holds a fault the statements that pass it on become nothing. Comparisons with a code report nothing and are left alone.
 */
import ts from 'typescript';

export interface Mutant {
  /** `check-elements.ts ERR_X12_ELEMENT_EXTRA 1`: the file, the code, and which of its places in the file. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** The whole file with this one check off. */
  readonly text: string;
}

const isCode = (node: ts.Node): node is ts.StringLiteral => ts.isStringLiteral(node) && /^ERR_X12_/.test(node.text);

/** What is taken out, and what stands there instead. */
interface Cut {
  readonly node: ts.Node;
  readonly by: string;
}

export function findMutants(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const seen = new Set<number>();
  const counts = new Map<string, number>();
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (isCode(node)) {
      const cuts = cutsFor(node);
      const [first] = cuts;
      if (first !== undefined && !seen.has(first.node.getStart())) {
        seen.add(first.node.getStart());
        const nth = (counts.get(node.text) ?? 0) + 1;
        counts.set(node.text, nth);
        const line = source.getLineAndCharacterOfPosition(first.node.getStart()).line + 1;
        mutants.push({ name: `${file} ${node.text} ${nth}`, file, line, text: cutOut(text, cuts) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

function cutOut(text: string, cuts: readonly Cut[]): string {
  let cut = text;
  for (const { node, by } of [...cuts].sort((a, b) => b.node.getStart() - a.node.getStart())) {
    cut = cut.slice(0, node.getStart()) + by + cut.slice(node.getEnd());
  }
  return cut;
}

function cutsFor(code: ts.Node): Cut[] {
  for (let node: ts.Node | undefined = code.parent; node !== undefined; node = node.parent) {
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken) return [];
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.ExclamationEqualsEqualsToken) return [];
    // `isChecked(code)` asks, and a type names.
    if (ts.isCallExpression(node) && /(isChecked|severityOf)$/.test(node.expression.getText())) return [];
    if (ts.isTypeNode(node) || ts.isSourceFile(node)) return [];
    if (ts.isExpressionStatement(node)) return [{ node, by: ';' }];
    if (ts.isReturnStatement(node)) return [{ node, by: 'return undefined;' }];
    if (ts.isVariableStatement(node)) return usesOf(node);
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) return [{ node: node.body, by: '(undefined as never)' }];
  }
  return [];
}

/** The statements after it in its block that name what it declares. */
function usesOf(statement: ts.VariableStatement): Cut[] {
  const names = new Set(statement.declarationList.declarations.map(({ name }) => name.getText()));
  const siblings: readonly ts.Statement[] = ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent) ? statement.parent.statements : [];
  const uses = siblings.slice(siblings.indexOf(statement) + 1).filter((one) => ts.isExpressionStatement(one) && mentions(one, names));
  return uses.map((node) => ({ node, by: ';' }));
}

function mentions(node: ts.Node, names: ReadonlySet<string>): boolean {
  return (ts.isIdentifier(node) && names.has(node.text)) || (ts.forEachChild(node, (child) => mentions(child, names)) ?? false);
}
