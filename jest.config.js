export default {
  testEnvironment: "<rootDir>/scripts/test-environment.mjs",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
  // Half of the suite waits for other programs, so three run beside each other on two cores.
  maxWorkers: 3,
  testSequencer: "<rootDir>/scripts/test-sequencer.mjs",
  // Against tests that hang; how long one takes on a busy machine says nothing.
  testTimeout: 120_000,
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/data"],
  coverageProvider: "v8",
};
