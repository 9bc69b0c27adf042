import { ask, findProgram } from './programs.js';

/** A C++ compiler and the arguments that come before ours. */
export interface Compiler {
  readonly program: string;
  readonly args: readonly string[];
}

/** How to get a compiler. */
export const NO_COMPILER_HINT =
  'Install one: `sudo apt install g++` (Debian, Ubuntu), `sudo dnf install gcc-c++` (Fedora, Red Hat), ' +
  '`xcode-select --install` (macOS); or set CXX to the one you have.';

/** The C++ compiler: the one CXX names (which may carry arguments, as in `ccache g++`), else g++, clang++ or c++. */
export function findCompiler(): Compiler | undefined {
  const [wanted, ...args] = (process.env.CXX ?? '').split(/\s+/).filter((word) => word !== '');
  if (wanted !== undefined) {
    const program = findProgram(wanted);
    return program === undefined ? undefined : { program, args };
  }
  for (const name of ['g++', 'clang++', 'c++']) {
    const program = findProgram(name);
    if (program !== undefined) return { program, args: [] };
  }
  return undefined;
}

/** First line of what the compiler says about itself. */
export function compilerVersion(compiler: Compiler): string | undefined {
  return ask(compiler.program, [...compiler.args, '--version'])
    ?.split('\n')[0]
    ?.trim();
}
