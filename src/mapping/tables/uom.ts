/**
 * X12 unit codes (data element 355) → UN/ECE Recommendation 20, packages as `X` and the code of Recommendation 21.
 *
 * The two lists share letters with other meanings: X12 CA is a case, Rec 20 CA a can. So nothing passes through that is not listed
 * here; a mapping adds what its partner sends under `codes: { uom: … }`.
 */
export const UOM: Readonly<Record<string, string>> = {
  /** Each */
  EA: 'EA',
  /** Piece */
  PC: 'H87',
  /** Unit */
  UN: 'C62',
  /** Case */
  CA: 'XCS',
  /** Carton */
  CT: 'XCT',
  /** Box */
  BX: 'XBX',
  /** Package */
  PK: 'XPK',
  /** Bag */
  BG: 'XBG',
  /** Bottle */
  BO: 'XBO',
  /** Bundle */
  BD: 'XBE',
  /** Can */
  CN: 'XCX',
  /** Coil */
  CX: 'XCL',
  /** Drum */
  DR: 'XDR',
  /** Pail */
  PA: 'XPL',
  /** Pallet/Unit Load */
  PL: 'XPX',
  /** Pallet (Lift) */
  PF: 'XPX',
  /** Roll */
  RL: 'XRO',
  /** Reel */
  RE: 'XRL',
  /** Tube */
  TB: 'XTU',
  /** Jar */
  JR: 'XJR',
  /** Ream */
  RM: 'RM',
  /** Sheet */
  SH: 'XST',
  /** Set */
  ST: 'SET',
  /** Kit */
  KT: 'KT',
  /** Pair */
  PR: 'PR',
  /** Dozen */
  DZ: 'DZN',
  /** Gross */
  GS: 'GRO',
  /** Hundred */
  HU: 'CEN',
  /** Thousand */
  TH: 'MIL',
  /** Assortment */
  AS: 'AS',
  /** Lot */
  LO: 'LO',
  /** Job */
  JA: 'E51',
  /** Lump Sum */
  LS: 'LS',
  /** Pound */
  LB: 'LBR',
  /** Ounce - Av */
  OZ: 'ONZ',
  /** Hundred Pounds (CWT) */
  CW: 'CWA',
  /** Net Ton (2,000 LB) */
  TN: 'STN',
  /** Metric Ton */
  MP: 'TNE',
  /** Kilogram */
  KG: 'KGM',
  /** Gram */
  GR: 'GRM',
  /** Foot */
  FT: 'FOT',
  /** Linear Foot */
  LF: 'LF',
  /** Linear Meter */
  LM: 'LM',
  /** Inch */
  IN: 'INH',
  /** Yard */
  YD: 'YRD',
  /** Meter */
  MR: 'MTR',
  /** Centimeter */
  CM: 'CMT',
  /** Millimeter */
  MM: 'MMT',
  /** Square Foot */
  SF: 'FTK',
  /** Square Yard */
  SY: 'YDK',
  /** Square Meter */
  SM: 'MTK',
  /** Cubic Feet */
  CF: 'FTQ',
  /** Cubic Meter */
  CR: 'MTQ',
  /** Cubic Yard */
  CY: 'YDQ',
  /** Board Feet */
  BF: 'BFT',
  /** Gallon */
  GA: 'GLL',
  /** Quart */
  QT: 'QTL',
  /** Pint */
  PT: 'PTL',
  /** Fluid Ounce */
  FO: 'OZA',
  /** Liter */
  LT: 'LTR',
  /** Milliliter */
  ML: 'MLT',
  /** Hours */
  HR: 'HUR',
  /** Days */
  DA: 'DAY',
  /** Week */
  WK: 'WEE',
  /** Months */
  MO: 'MON',
  /** Years */
  YR: 'ANN',
  /** Percent */
  P1: 'P1',
};
