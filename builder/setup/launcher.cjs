#!/usr/bin/env node
'use strict';

// Becomes dist/gadget.js. Runs the bundle with the bytecode that an earlier run left: compiling it anew takes longer than all else until the
// first event. Node.js has module.enableCompileCache for that from 22.1 on.

const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

/** Milliseconds after which everything that a start needs has been compiled. */
const startMs = 2000;

const bundle = join(__dirname, '@BUNDLE@');
// V8 accepts bytecode by the length of its source: a file belongs to one bundle and one Node.js. `run` needs other functions than the rest.
const bytecode = join(`${bundle}.bytecode`, `${process.argv[2] === 'run' ? 'run' : 'other'}-${process.version}-${process.arch}`);

function readBytecode() {
  try {
    return readFileSync(bytecode);
  } catch {
    return undefined; // the first run
  }
}

/** Next time is faster where this folder can be written to; everywhere else nothing is lost. */
function keepBytecode(script) {
  try {
    mkdirSync(dirname(bytecode), { recursive: true });
    const unfinished = `${bytecode}.${process.pid}`;
    writeFileSync(unfinished, script.createCachedData());
    renameSync(unfinished, bytecode);
  } catch {}
}

const known = readBytecode();
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
const script = new Script(source, { filename: bundle, ...(known && { cachedData: known }) });
if (known === undefined || script.cachedDataRejected) {
  let kept = false;
  const keepOnce = () => {
    if (!kept) keepBytecode(script);
    kept = true;
  };
  setTimeout(keepOnce, startMs).unref();
  process.once('exit', keepOnce);
}
script.runInThisContext()(exports, require, module, bundle, __dirname);
