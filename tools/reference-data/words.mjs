// Makes services/search/Data/french.txt.gz: every word form of French and of the names of French places, without accents, so that the
// search knows a word that is one from a slip. Run build.mjs first when the vintage changes: the names are those of its files.
//   node words.mjs
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const dictionary = dirname(createRequire(import.meta.url).resolve('dictionary-fr'))
const lines = name => readFileSync(join(dictionary, name), 'utf8').split('\n')

// ---- The rules of the dictionary (hunspell's .aff): a word and its flags, two letters each, give its forms. Prefixes are elisions: left out.

const suffixes = new Map()
let flags = []
for (const line of lines('index.aff')) {
  const [kind, flag, strip, add, condition] = line.split(/\s+/)
  if (kind === 'AF') flags.push(flag)
  if (kind !== 'SFX' || condition === undefined) continue
  const [text, more = ''] = add.split('/')
  if (!suffixes.has(flag)) suffixes.set(flag, [])
  suffixes.get(flag).push({
    strip: strip === '0' ? '' : strip,
    add: text === '0' ? '' : text,
    end: new RegExp(`${condition}$`),
    more,
  })
}
assert.equal(flags.length, 0, 'the dictionary numbers its flags now: read them')
assert(lines('index.aff').includes('FLAG long'), 'flags are no longer of two letters')

const forms = new Set()
const pairs = text => text.match(/../gu) ?? []
const expand = (word, marks, depth) => {
  forms.add(word)
  if (depth === 2) return
  for (const mark of pairs(marks)) {
    for (const { strip, add, end, more } of suffixes.get(mark) ?? []) {
      if (word.endsWith(strip) && end.test(word)) expand(word.slice(0, word.length - strip.length) + add, more, depth + 1)
    }
  }
}
for (const line of lines('index.dic').slice(1)) {
  const [word, marks = ''] = line.split(/\s/)[0].split('/')
  if (word.length > 0) expand(word, marks, 0)
}

// ---- The names of places

const table = name => gunzipSync(readFileSync(join(root, `services/territories/Data/${name}.csv.gz`))).toString('utf8')
const names = ['communes', 'epci', 'ept', 'departements', 'regions'].map(table).join('\n')

// ---- As the search compares words

const fold = text =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('œ', 'oe').replaceAll('æ', 'ae')
const words = new Set()
for (const text of [...forms, names]) {
  for (const word of fold(text).match(/[a-z]+/g) ?? []) {
    if (word.length > 2 && word.length <= 30) words.add(word)
  }
}
const sorted = [...words].sort()

// Each word after the one before: how many letters they share, as a letter from "a" on, then the rest. A third of the size.
let before = ''
const text = sorted.map(word => {
  let shared = 0
  while (shared < 25 && shared < before.length && shared < word.length && before[shared] === word[shared]) shared++
  before = word
  return String.fromCharCode(97 + shared) + word.slice(shared)
})
mkdirSync(join(root, 'services/search/Data'), { recursive: true })
writeFileSync(join(root, 'services/search/Data/french.txt.gz'), gzipSync(text.join('\n') + '\n', { level: 9 }))
console.log(`${sorted.length} words`)
for (const word of ['douce', 'photovoltaiques', 'habitantes', 'bitche', 'denis', 'recycleries', 'covoiturage', 'cooperons']) {
  assert(words.has(word), `${word} is missing`)
}
assert(!words.has('goel') && !words.has('gohele') && !words.has('pediubs'))
