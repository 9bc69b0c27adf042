/**
 * The floors of src/, from the lowest up. A module imports only its own floor and lower ones, so that each floor can be
 * read, tested and replaced without knowing what is built on it. Tests may import what they like.
 */
const floors = [
  'torch',
  'text',
  'files',
  'drawing',
  'nn',
  'models',
  'adapters',
  'data',
  'statistics',
  'objectives',
  'scoring',
  'generation',
  'feedback',
  'training',
  'evaluation',
  'recipes',
  'cli',
];

// floors narrower than their place in the list: pure TypeScript, usable without the engine
const narrower = {
  text: [],
  files: [],
  drawing: ['text'],
  data: ['text', 'files'],
  statistics: ['data'],
};

// tests, and the folders of what tests share
const tests = '(\\.test\\.ts$|/testing/)';
// what stands below all floors
const ground = '^src/(errors|cache-folder)\\.ts$';
const known = [`^src/(${floors.join('|')})/`, '^src/(index|errors|cache-folder)(\\.test)?\\.ts$'];

const floorRules = floors.map((floor, place) => {
  const allowed = [...(narrower[floor] ?? floors.slice(0, place)), floor];
  return {
    name: `floor-${floor}`,
    comment: `src/${floor}/ may import only src/errors.ts, src/cache-folder.ts, ${allowed.map((name) => `src/${name}/`).join(', ')}`,
    severity: 'error',
    from: { path: `^src/${floor}/`, pathNot: tests },
    to: { path: '^src/', pathNot: [`^src/(${allowed.join('|')})/`, ground] },
  };
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'modules that import one another, types included, can only be understood together',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...floorRules,
    {
      name: 'nothing-below-the-ground',
      comment: 'what everything may import imports nothing of ours',
      severity: 'error',
      from: { path: ground },
      to: { path: '^src/' },
    },
    {
      name: 'known-floors',
      comment:
        'every module of src/ stands on a floor of the list, or is src/index.ts, src/errors.ts or src/cache-folder.ts',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: known },
    },
    {
      name: 'known-floors-only',
      comment: 'as known-floors, seen from the other end',
      severity: 'error',
      from: { path: '^src/', pathNot: known },
      to: {},
    },
    {
      name: 'no-tests-in-code',
      comment: 'only tests import tests',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'only-run-time-packages',
      comment: 'who installs the package does not get its development packages',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
