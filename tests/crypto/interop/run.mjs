// Reads a list of [name, arguments…] from standard input as JSON, calls each function of formats.mjs, and writes the
// list of results. Bytes are {"hex": "…"} both ways; a call that throws gives {"error": "its class"}.

import * as formats from './formats.mjs'

const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const revive = (_, value) => (typeof value?.hex === 'string' ? fromHex(value.hex) : value)
const replace = (_, value) => (value instanceof Uint8Array ? { hex: toHex(value) } : value)

let input = ''
for await (const piece of process.stdin) input += piece

const results = []
for (const [name, ...parameters] of JSON.parse(input, revive)) {
  try {
    results.push(await formats[name](...parameters))
  } catch (error) {
    results.push({ error: error.constructor.name })
  }
}
process.stdout.write(JSON.stringify(results, replace))
