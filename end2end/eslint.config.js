import js from '@eslint/js';
import playwright from 'eslint-plugin-playwright';
import { defineConfig, globalIgnores } from 'eslint/config';
import typescript from 'typescript-eslint';

const readonly = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

export default defineConfig(
  globalIgnores(['gallery/', 'playwright-report/', 'test-results/']),
  js.configs.recommended,
  {
    // The tests of clients: they run in Node.js, and hand functions to a page. Their applications run there.
    files: ['**/*.{js,jsx}'],
    languageOptions: {
      globals: readonly([
        'Buffer',
        'Response',
        'SETTINGS',
        'URL',
        'URLSearchParams',
        'document',
        'fetch',
        'localStorage',
        'process',
        'sessionStorage',
        'window',
      ]),
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.ts'],
    extends: [typescript.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Fixtures depend on others without using their values: `signedIn: _`. Playwright reads `{}` from the source.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-empty-pattern': 'off',
      // Bodies of responses are `any`; the assertions on them check their shape.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // Functions that fit a signature are async without a need to wait.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['tests/**'],
    extends: [playwright.configs['flat/recommended']],
    settings: { playwright: { globalAliases: { test: ['demoTest'] } } },
    rules: {
      // Page objects assert, too.
      'playwright/expect-expect': [
        'error',
        { assertFunctionNames: ['linkByRedirects'], assertFunctionPatterns: ['^expect', '\\.expect[A-Z]'] },
      ],
      'playwright/no-skipped-test': ['error', { allowConditional: true }],
      // Tests that are made from a table branch on its entries.
      'playwright/no-conditional-in-test': 'off',
      'playwright/no-conditional-expect': 'off',
      // A click on a disabled control is what some tests are about.
      'playwright/no-force-option': 'off',
    },
  },
);
