/** Segments that most sets share: parties, references, dates, texts, totals. The notation is in read-segments.ts. */
export const COMMON_SEGMENTS = `
AMT Monetary amount
 !ID1-3 ~amount Amount qualifier
 !R1-15|4010:18 Amount
 ID1 Credit or debit
CTT Totals
 !N0:1-6 Number of lines
 R1-10 Hash total
 R1-10 Weight
 ID2 ~unit Unit of weight
 R1-8 Volume
 ID2 ~unit Unit of volume
 AN1-80 Description
 ? P0304 P0506
CUR Currency
 !ID2-3 ~party Party
 !ID3 Currency
 R4-10 Exchange rate
 ID2-3 ~party Party
 ID3 Currency
 ID3 Market
 5x ID3 ~date Date qualifier / DT Date / TM4-8 Time
 ? C0807 C0907 L101112 C1110 C1210
DMG Demographics
 ID2-3 ~format Date format
 AN1-35 Date of birth
DTM Date or time
 !ID3 ~date Qualifier
 DT Date
 TM4-8 Time
 ID2 Time zone
 ID2-3 ~format Format
 AN1-35 Date and time
 ? R020305 C0403 P0506
DTP Date or period
 !ID3 ~date Qualifier
 !ID2-3 ~format Format
 !AN1-35 Date or period
FOB Shipment terms
 !ID2 ~freight Payment
 ID1-2 Location qualifier
 AN1-80 Location
 ID2 Terms of transport
 ID3 Terms
 ID1-2 Location qualifier
 AN1-80 Location
 ID2 Risk of loss
 AN1-80 Description
 ? C0302 C0405 C0706 C0809
LQ Industry code
 ID1-3 Code list
 AN1-30 Code
 ? C0102
MEA Measurements
 ID2 Measured
 ID1-3 Dimension
 R1-20 Value
 C Unit
 R1-20 Least
 R1-20 Most
 ID2 Significance
 ID2 Attribute
 ID2-4 Surface or position
 ID2 Method
 ? R03050608
MSG Text
 !AN1-264 Text
 ID2 Printer control
 N0:1-9 Number
 ? C0302
MTX Text
 ID3 Text type
 AN1-4096 Text
 AN1-4096 Text
 ID2 Printer control
 N0:1-9 Number
N1 Party
 !ID2-3 ~party Role
 AN1-35|4010:60 Name
 ID1-2 ~party-id Id qualifier
 AN2-20|4010:80 Id
 ID2 Relationship
 ID2-3 ~party Role
 ? R0203 P0304
N2 Party name, further
 !AN1-35|4010:60 Name
 AN1-35|4010:60 Name
N3 Address
 !AN1-35|4010:55 Street
 AN1-35|4010:55 Street
N4 Place
 AN2-30 City
 ID2 State
 ID3-15 Postal code
 ID2-3 Country
 ID1-2 Location qualifier
 AN1-30 Location
 @5010 ID1-3 Subdivision
 ? C0605
N9 Reference
 !ID2-3 ~reference Qualifier
 AN1-30|4030:50 Reference
 AN1-45 Description
 DT Date
 TM4-8 Time
 ID2 Time zone
 C Further references
 ? R0203 C0605
NTE Note
 ID3 About
 !AN1-80 Text
PER Contact
 !ID2 ~contact Function
 AN1-35|4010:60 Name
 ID2 ~communication Kind
 AN1-80|5010:256 Number or address
 ID2 ~communication Kind
 AN1-80|5010:256 Number or address
 ID2 ~communication Kind
 AN1-80|5010:256 Number or address
 AN1-20 Contact reference
 ? P0304 P0506 P0708
PID Description
 !ID1 ~description Kind
 ID2-3 Characteristic
 ID2 Agency
 AN1-12 Code
 AN1-80 Description
 ID2 Surface
 AN1-15 Source subqualifier
 ID1 Response
 ID2-3 Language
 ? C0403 R0405 C0703 C0804 C0905
PKG Marking, packaging, loading
 ID1 ~description Kind
 ID1-3 Characteristic
 ID2 Agency
 AN1-7 Code
 AN1-80 Description
 ID2 Unit load option
PO4 Physical details
 N0:1-6 Inner packs
 R1-8 Pack size
 ID2 ~unit Unit
 AN3-5 ~packaging Packaging
 ID1-2 Weight qualifier
 R1-9 Gross weight
 ID2 ~unit Unit of weight
 R1-9 Gross volume
 ID2 ~unit Unit of volume
 R1-8 Length
 R1-8 Width
 R1-8 Height
 ID2 ~unit Unit of size
 N0:1-6 Eaches in an inner pack
 C Surface
 AN1-12 Id
 AN1-30 Id
 N0:1-4 Number
 ? P0203 C0506 P0607 P0809 L13101112
QTY Quantity
 !ID2 Qualifier
 R1-15 Quantity
 C Unit
 AN1-30 Text
 ? R0204 E0204
REF Reference
 !ID2-3 ~reference Qualifier
 AN1-30|4030:50 Reference
 AN1-80 Description
 C Further references
 ? R0203
TXI Tax
 !ID2 ~tax Tax
 R1-15|4010:18 Amount
 R1-10 Percent
 ID2 Jurisdiction qualifier
 AN1-10 Jurisdiction
 ID1 ~exempt Exempt
 ID1 Relationship
 R1-9 Taxable amount
 AN1-20 Tax id
 ? P0405 C0803
YNQ Yes or no
 ID1-3 Condition
 !ID1 Answer
`;
