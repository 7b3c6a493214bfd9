// What a client was asked to do with the org, and what became of each thing.
"use strict";

const outcomes = {};

/** Run the block as the operation of that name; a failure does not stop those after it. */
async function operation(name, block) {
  try {
    await block();
    outcomes[name] = "passed";
  } catch (error) {
    outcomes[name] = `${error.name}: ${error.message}`;
  }
}

/** Write the outcomes to standard output as the last line, for the test to read. */
function tell() {
  process.stdout.write(`\n${JSON.stringify(outcomes)}\n`);
}

module.exports = { operation, tell };
