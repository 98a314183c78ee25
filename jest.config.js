export default {
  testEnvironment: "<rootDir>/scripts/test-environment.mjs",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
  // Half of the suite waits for other programs, so two run beside each other on two cores as well.
  maxWorkers: 2,
  // Against tests that hang; how long one takes on a busy machine says nothing.
  testTimeout: 120_000,
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/data"],
  coverageProvider: "v8",
};
