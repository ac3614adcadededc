// Reads the official lists and makes sure they are the ones this script was written for.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const read = name => require(`@etalab/decoupage-administratif/data/${name}.json`)

const byCode = (a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)
export const sum = values => values.reduce((total, value) => total + value, 0)
export const expected = (actual, number, what) => assert.equal(actual, number, `${what}: expected ${number}, got ${actual}`)
const luhn = digits => /^\d{9}$/.test(digits) &&
  sum([...digits].reverse().map((digit, i) => (i % 2 ? digit * 2 - (digit > 4 ? 9 : 0) : +digit))) % 10 === 0

const entries = read('communes')
export const communes = entries.filter(entry => entry.type === 'commune-actuelle').sort(byCode)
export const districts = entries.filter(entry => entry.type === 'arrondissement-municipal')
export const parts = entries.filter(entry => entry.type === 'commune-deleguee' || entry.type === 'commune-associee')
export const epci = read('epci').sort(byCode)
export const ept = read('ept').sort(byCode)
export const departements = read('departements').sort(byCode)
export const regions = read('regions').sort(byCode)
export const current = new Map(communes.map(commune => [commune.code, commune]))

// A new release of a package that changes one of these needs a human eye (docs/data.md).

expected(entries.length, 37590, 'rows of communes')
expected(communes.length, 34969, 'current communes')
expected(parts.filter(part => part.type === 'commune-deleguee').length, 2105, 'communes déléguées')
expected(parts.filter(part => part.type === 'commune-associee').length, 471, 'communes associées')
expected(districts.length, 45, 'arrondissements municipaux')
expected(communes.filter(commune => !commune.siren).length, 94, 'communes without SIREN')
expected(communes.filter(commune => commune.population === undefined).length, 6, 'communes without population')
expected(current.size, communes.length, 'distinct INSEE codes')
expected(departements.length, 109, 'départements')
expected(regions.length, 26, 'regions')
expected(ept.length, 11, 'EPT')
export const epciKinds = { CC: 'CC', CA: 'CA', CU: 'CU', METRO: 'ME', MET69: 'ME' }
for (const [type, count] of Object.entries({ CC: 989, CA: 230, CU: 14, METRO: 21, MET69: 1 })) {
  expected(epci.filter(group => group.type === type).length, count, `EPCI of type ${type}`)
}
expected(epci.length, 1255, 'EPCI')
for (const { code, siren } of [...communes.filter(commune => commune.siren), ...[...epci, ...ept].map(group => ({ code: group.code, siren: group.code }))]) {
  assert(luhn(siren), `${code}: SIREN ${siren} fails the Luhn check`)
}

// The populations are not all of the same year (docs/data.md says how each was established).
const national = communes.filter(commune => commune.zone !== 'com' && commune.departement !== '976')
expected(sum(national.map(commune => commune.population)), 68094280, 'population of France without Mayotte (reference 2023)')
expected(sum(communes.filter(c => c.departement === '976').map(c => c.population)), 256518, 'population of Mayotte (2017)')
expected(sum(communes.filter(c => c.departement === '987').map(c => c.population)), 278786, 'population of Polynésie française (2022)')
expected(sum(communes.filter(c => c.departement === '986').map(c => c.population)), 11151, 'population of Wallis et Futuna (2023)')
expected(sum(communes.filter(c => c.departement === '988').map(c => c.population)), 264596, 'population of Nouvelle-Calédonie (2025)')
expected(sum(epci.map(group => group.populationMunicipale)), 68010643, 'population of the EPCI (2022; Mayotte 2017)')
assert(ept.every(group => group.membres.every(member => current.get(member.code).population === member.populationMunicipale)), 'population of the EPT (2023)')
export const communeYear = departement => ({ 976: 2017, 987: 2022, 988: 2025 })[departement] ?? 2023
export const epciYear = departement => (departement === '976' ? 2017 : 2022)
