/** Segments of orders, their acknowledgments and changes: 850, 855, 860, 865, 846. The notation is in read-segments.ts. */
export const ORDER_SEGMENTS = `
ACK Line acknowledgment
 !ID2 =line-status Status
 R1-9|4010:15 Quantity
 ID2 ~unit Unit
 ID3 ~date Date qualifier
 DT Date
 N0:1-3 Request reference
 10x ID2 ~product Product id qualifier / AN1-30|3060:40|4010:48 Product id
 AN1-15 Industry code
 ID2 Agency
 ID1-15 ~line-status Reason
 ? P0203 C0504 P0708 P0910 P1112 P1314 P1516 P1718 P1920 P2122 P2324 P2526
ADV Advertising demographics
 ID2 Agency
 AN1-45 Service
BAK Order acknowledgment
 !ID2 ~purpose Purpose
 !ID2 =acknowledgment Type
 !AN1-22 Purchase order
 !DT Purchase order date
 AN1-30 Release
 AN1-30 Request reference
 AN1-10 Contract
 AN1-30|4030:50 Supplier's order
 DT Acknowledgment date
 ID2 ~transaction-type Transaction type
 @4010 ID2-3 Transaction set
BCA Order change acknowledgment
 !ID2 ~purpose Purpose
 !ID2 =acknowledgment Type
 !AN1-22 Purchase order
 AN1-30 Release
 AN1-8 Change
 !DT Purchase order date
 DT Date
 AN1-30 Contract
 AN1-30|4030:50 Supplier's order
 DT Date
 DT Acknowledgment date
 ID2 ~transaction-type Type
BCH Order change
 !ID2 ~purpose Purpose
 !ID2 ~order-type Order type
 !AN1-22 Purchase order
 AN1-30 Release
 AN1-8 Change
 !DT Purchase order date
 AN1-30 Request reference
 AN1-30 Contract
 AN1-30|4030:50 Reference
 DT Date
 DT Date
BEG Purchase order
 !ID2 ~purpose Purpose
 !ID2 ~order-type Order type
 !AN1-22 Purchase order
 AN1-30 Release
 !DT Purchase order date
 AN1-30 Contract
 ID2 Acknowledgment type
 ID3 Invoice type
 ID2 Contract type
 ID2 Purchase category
BIA Inventory inquiry or advice
 !ID2 ~purpose Purpose
 !ID2 Report type
 !AN1-30|4030:50 Reference
 !DT Date
 TM4-8 Time
 ID1-2 Action
CSH Sales requirements
 ID1-2 Requirement
 ID1 Do not exceed action
 N2:1-9|4010:15 Do not exceed amount
 AN1-35 Account
 DT Date
 ID2 Agency
 ID2-10 Special services
 R1-2|4010:9 Percent
CTB Restrictions and conditions
 !ID2 Restriction
 AN1-80 Text
 ID2 Quantity qualifier
 R1-15 Quantity
 ID1-3 Amount qualifier
 N2:1-15 Amount
CTP Pricing
 ID2 ~trade-class Class of trade
 ID3 Price qualifier
 R1-14|4010:17 Price
 R1-15 Quantity
 C Unit
 ID3 Multiplier qualifier
 R1-10 Multiplier
 N2:1-15|5010:18 Amount
 ID2 Basis
 ID1-2 Condition
 N0:1-3 Multiple
 ? P0405 C0607 C0902 C1002 C1103
DIS Discount
 !ID3 Terms
 !ID2 Base
 !R1-10 Value
 !ID2 Control qualifier
 !R1-10 Lower limit
 R1-10 Upper limit
IT8 Sales conditions
 ID1-2 Requirement
 ID1 Do not exceed action
 N2:1-15 Do not exceed amount
LDT Lead time
 !ID2 Lead time of
 !R1-15 Quantity
 !ID2 Unit of time
 DT Date
PO1 Order line
 AN1-11|4010:20 Line
 R1-9|4020:15 Quantity ordered
 ID2 ~unit Unit
 R1-14|4010:17 Unit price
 ID2 ~price-basis Basis of price
 10x ID2 ~product Product id qualifier / AN1-30|3060:40|4010:48 Product id
 ? C0302 C0504 P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425
PO3 Further line detail
 !ID2 Change reason
 DT Date
 ID3 Price qualifier
 R1-14|4010:17 Unit price
 ID2 ~price-basis Basis of price
 !R1-9|4010:15 Quantity
 !ID2 ~unit Unit
 AN1-80 Description
POC Line change
 AN1-11|4010:20 Line
 !ID2 ~change Change
 R1-9|4020:15 Quantity ordered
 R1-9 Quantity left to receive
 C Unit
 R1-14|4010:17 Unit price
 ID2 ~price-basis Basis of price
 10x ID2 ~product Product id qualifier / AN1-30|3060:40|4010:48 Product id
 ? P0405 C0706 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425 P2627
SAC Allowance, charge or service
 !ID1 =allowance-charge Kind
 ID4 ~service Service
 ID2 Agency
 AN1-10 Agency's code
 N2:1-15 Amount
 ID1 Percent of
 R1-6 Percent
 R1-9 Rate
 ID2 ~unit Unit
 R1-10|4010:15 Quantity
 R1-10|4010:15 Quantity
 ID2 ~handling Handling
 AN1-30|4030:50 Reference
 AN1-20 Option
 AN1-80 Description
 ID2-3 Language
 ? R0203 P0304 P0607 P0910 C1110 L130204 C1413 C1602
SCH Line schedule
 !R1-9|4010:15 Quantity
 !ID2 ~unit Unit
 ID2-3 ~party Party
 AN1-35|4010:60 Name
 !ID3 ~date Date qualifier
 !DT Date
 TM4-8 Time
 ID3 ~date Date qualifier
 DT Date
 TM4-8 Time
 AN1-45 Request reference
 AN1-20 Line
 ? C0403 L080910 C0908 C1008
SDQ Quantities by destination
 !ID2 ~unit Unit
 ID1-2 ~party-id Id qualifier
 !AN2-80 Destination
 !R1-15 Quantity
 9x AN2-80 Destination / R1-15 Quantity
 AN1-30 Location
TAX Tax reference
 AN1-20 Tax id
 5x ID1-2 Location qualifier / AN1-30 Location
 ID1 ~exempt Exempt
 ID1-3 Customs rate
`;
