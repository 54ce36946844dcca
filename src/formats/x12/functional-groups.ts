/** Which functional identifiers (GS01) a transaction set may travel under. Sets not named here are not checked. */

const GROUPS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    810: ['IN'],
    820: ['RA'],
    824: ['AG'],
    830: ['PS'],
    832: ['SC'],
    846: ['IB'],
    850: ['PO'],
    852: ['PD'],
    855: ['PR'],
    856: ['SH'],
    860: ['PC'],
    861: ['RC'],
    865: ['CA'],
    997: ['FA'],
    999: ['FA'],
  }),
);

export const groupsFor = (set: string): readonly string[] | undefined => GROUPS.get(set);
