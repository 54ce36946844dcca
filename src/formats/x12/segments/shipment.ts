/** Segments of shipments and receipts: 856, 861. The notation is in read-segments.ts. */
export const SHIPMENT_SEGMENTS = `
BRA Receiving advice
 !AN1-30|4030:50 Receipt
 !DT Date
 !ID2 ~purpose Purpose
 !ID1-2 Receiving advice type
 TM4-8 Time
 ID2 Receiving condition
 ID1-2 Action
BSN Ship notice
 !ID2 ~purpose Purpose
 !AN2-30 Shipment
 !DT Date
 !TM4-8 Time
 ID4 ~hierarchy Structure
 ID2 Transaction type
 ID2-3 Status reason
 ? C0706
ETD Excess transportation
 !ID1-2 Reason
 !ID1 Responsibility
 ID2-3 ~reference Reference qualifier
 AN1-30|4030:50 Reference
 ID2 Return
 ? P0304
HL Hierarchical level
 !AN1-12 Number
 AN1-12 Parent
 !ID1-2 ~level Level
 ID1 =child Has children
LIN Item
 AN1-11|4010:20 Line
 !ID2 ~product Product id qualifier
 !AN1-30|3060:40|4010:48 Product id
 14x ID2 ~product Product id qualifier / AN1-30|3060:40|4010:48 Product id
 ? P0405 P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425 P2627 P2829 P3031
MAN Marks and numbers
 !ID1-2 ~mark Qualifier
 !AN1-45|4010:48 Mark or number
 AN1-45|4010:48 Last of a range
 ID1-2 ~mark Qualifier
 AN1-45|4010:48 Mark or number
 AN1-45|4010:48 Last of a range
 ? P0405 C0605
PRF Purchase order
 !AN1-22 Purchase order
 AN1-30 Release
 AN1-8 Change
 DT Purchase order date
 AN1-20 Line
 AN1-30 Contract
 ID2 ~order-type Order type
RCD Receiving conditions
 AN1-20 Line
 R1-9 Quantity received
 C Unit
 R1-9 Quantity in question
 C Unit
 ID2 Condition
SLN Subline
 !AN1-11|4010:20 Subline
 AN1-11|4010:20 Line
 !ID1 Relationship
 R1-15 Quantity
 C Unit
 R1-14|4010:17 Unit price
 ID2 ~price-basis Basis of price
 ID1 Relationship
 10x ID2 ~product Product id qualifier / AN1-30|3060:40|4010:48 Product id
 ? P0405 C0706 C0806 P0910 P1112 P1314 P1516 P1718 P1920 P2122 P2324 P2526 P2728
SN1 Item shipped
 AN1-11|4010:20 Line
 !R1-10 Quantity shipped
 !ID2 ~unit Unit
 R1-9|4020:15 Shipped to date
 R1-9|4020:15 Quantity ordered
 ID2 ~unit Unit
 ID1 Returnable
 ID2 ~line-status Status
 ? P0506
TD1 Packages and weight
 AN3-5 ~packaging Packaging
 N0:1-7 Packages
 ID1 Commodity qualifier
 AN1-16 Commodity
 AN1-50 Description
 ID1-2 Weight qualifier
 R1-8|4010:10 Weight
 ID2 ~unit Unit of weight
 R1-8 Volume
 ID2 ~unit Unit of volume
 ? C0102 C0304 C0607 P0708 P0910
TD3 Equipment
 ID2 ~equipment Equipment
 AN1-4 Initial
 AN1-10|5010:15 Number
 ID1-2 Weight qualifier
 R1-8|4010:10 Weight
 ID2 ~unit Unit of weight
 ID1 Ownership
 ID2 Seal status
 AN2-15 Seal
 ID4 Equipment type
 ? C0203 P0506
TD4 Hazards and special handling
 ID2-3 Special handling
 ID1 Hazard qualifier
 AN1-10 Hazard class
 AN1-80 Description
 ? C0203
TD5 Carrier
 ID1-2 Routing sequence
 ID1-2 ~party-id Id qualifier
 AN2-20|4010:80 Carrier
 ID1-2 ~transport Mode
 AN1-35 Routing
 ID2 ~order-status Shipment or order status
 ID1-2 Location qualifier
 AN1-30 Location
 ID2 Transit direction
 ID2 Transit time qualifier
 R1-4 Transit time
 ID2 Service level
 ID2 Service level
 ID2 Service level
 ID2-3 Country
 ? R0204050612 C0203 C0708 C1011
`;
