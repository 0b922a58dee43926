// The formats of docs/formats.md written a second time, as a browser would: WebCrypto, and HPKE from npm.
// Nothing here knows the Python package; where the two agree, the document is right.

import * as HPKE from 'hpke'
import { KEM_MLKEM768_X25519 } from '@panva/hpke-noble'

const suite = new HPKE.CipherSuite(KEM_MLKEM768_X25519, HPKE.KDF_HKDF_SHA256, HPKE.AEAD_AES_256_GCM)
const { subtle } = globalThis.crypto

const VERSION = Uint8Array.of(1)
const ENCAPSULATED = 1120
const CHUNK = 65536

const text = (string) => new TextEncoder().encode(string)

export function concat(...arrays) {
  const joined = new Uint8Array(arrays.reduce((length, array) => length + array.length, 0))
  let position = 0
  for (const array of arrays) {
    joined.set(array, position)
    position += array.length
  }
  return joined
}

function integer(number, bytes) {
  const encoded = new Uint8Array(bytes)
  let rest = BigInt(number)
  for (let position = bytes - 1; position >= 0; position--) {
    encoded[position] = Number(rest & 255n)
    rest >>= 8n
  }
  return encoded
}

const prefixed = (parts) => concat(...parts.flatMap((part) => [integer(part.length, 4), part]))

export const encodeParts = (...parts) => concat(integer(parts.length, 4), prefixed(parts))

export function encodeContext({ purpose, caseId, compartment, keyId, record, field, revision }) {
  const parts = [text(purpose), caseId, text(compartment), keyId, record, text(field), integer(revision, 8)]
  return concat(VERSION, prefixed(parts))
}

export async function derive(secret, label, ...parts) {
  const material = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const info = encodeParts(text(label), ...parts)
  return new Uint8Array(
    await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }, material, 256),
  )
}

export const keyId = async (key) => (await derive(key, 'complaints/key-id/1')).slice(0, 16)

const sha256 = async (data) => new Uint8Array(await subtle.digest('SHA-256', data))

// -- Envelopes

export async function wrapInfo(context, recipient) {
  return encodeParts(text('complaints/wrap/1'), encodeContext(context), context.keyId, await sha256(recipient))
}

export async function generateKeyPair() {
  const pair = await suite.GenerateKeyPair(true)
  return {
    seed: await suite.SerializePrivateKey(pair.privateKey),
    publicKey: await suite.SerializePublicKey(pair.publicKey),
  }
}

export async function wrap(key, recipient, context) {
  const publicKey = await suite.DeserializePublicKey(recipient)
  const info = await wrapInfo(context, recipient)
  const { encapsulatedSecret, ciphertext } = await suite.Seal(publicKey, key, { info })
  return concat(VERSION, encapsulatedSecret, ciphertext)
}

export async function unwrap(envelope, seed, recipient, context) {
  const privateKey = await suite.DeserializePrivateKey(seed)
  const info = await wrapInfo(context, recipient)
  const sealed = envelope.subarray(1)
  return suite.Open(privateKey, sealed.subarray(0, ENCAPSULATED), sealed.subarray(ENCAPSULATED), { info })
}

// -- Fields

const aes = (key) => subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])

export function padme(length) {
  if (length < 2) return length
  const exponent = Math.floor(Math.log2(length))
  const low = exponent - Math.floor(Math.log2(exponent)) - 1
  const step = low > 0 ? 2 ** low : 1
  return Math.ceil(length / step) * step
}

export async function sealField(plaintext, key, context) {
  const encoded = encodeContext(context)
  const padded = new Uint8Array(padme(Math.max(64, plaintext.length + 1)))
  padded.set(plaintext)
  padded[plaintext.length] = 0x80
  const iv = globalThis.crypto.getRandomValues(new Uint8Array(12))
  const cipher = await aes(await derive(key, 'complaints/field/1', encoded))
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv, additionalData: encoded }, cipher, padded)
  return concat(VERSION, iv, new Uint8Array(sealed))
}

export async function openField(sealed, key, context) {
  const encoded = encodeContext(context)
  const cipher = await aes(await derive(key, 'complaints/field/1', encoded))
  const algorithm = { name: 'AES-GCM', iv: sealed.subarray(1, 13), additionalData: encoded }
  const padded = new Uint8Array(await subtle.decrypt(algorithm, cipher, sealed.subarray(13)))
  return padded.slice(0, padded.lastIndexOf(0x80))
}

// -- Files

const chunkNonce = (index, last) => concat(integer(index, 11), Uint8Array.of(last ? 1 : 0))

export async function sealStream(plaintext, key, context) {
  const padded = new Uint8Array(padme(Math.max(4096, plaintext.length)))
  padded.set(plaintext)
  const cipher = await aes(await derive(key, 'complaints/stream/1', encodeContext(context)))
  const chunks = []
  for (let start = 0; start < padded.length; start += CHUNK) {
    const iv = chunkNonce(chunks.length, start + CHUNK >= padded.length)
    const sealed = await subtle.encrypt({ name: 'AES-GCM', iv }, cipher, padded.subarray(start, start + CHUNK))
    chunks.push(concat(VERSION, new Uint8Array(sealed)))
  }
  return chunks
}

export async function openStream(chunks, key, context, length) {
  const cipher = await aes(await derive(key, 'complaints/stream/1', encodeContext(context)))
  const opened = []
  for (const [index, chunk] of chunks.entries()) {
    const iv = chunkNonce(index, index === chunks.length - 1)
    opened.push(new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv }, cipher, chunk.subarray(1))))
  }
  return concat(...opened).slice(0, length)
}

// -- Receipts, accounts and signatures

export async function receiptKeys(symbols) {
  const lookup = await derive(text(symbols), 'complaints/receipt/lookup/1')
  const seed = await derive(text(symbols), 'complaints/receipt/seed/1')
  return { lookupHash: await sha256(lookup), seed, ...(await accountKeys(seed)) }
}

export async function accountKeys(seed) {
  return {
    work: await derive(seed, 'complaints/account/work/1'),
    identity: await derive(seed, 'complaints/account/identity/1'),
    signing: await derive(seed, 'complaints/account/signing/1'),
  }
}

export async function verify(key, signature, statement, domain) {
  const publicKey = await subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
  const signed = encodeParts(text('complaints/sign/1'), text(domain), statement)
  return subtle.verify('Ed25519', publicKey, signature, signed)
}
