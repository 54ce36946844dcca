/** Segments of the invoice, 810. The notation is in read-segments.ts. */
export const INVOICE_SEGMENTS = `
BIG Invoice
 !DT Invoice date
 !AN1-22 Invoice
 DT Purchase order date
 AN1-22 Purchase order
 AN1-30 Release
 AN1-8 Change
 ID2 ~transaction-type Invoice type
 ID2 ~purpose Purpose
 ID1-2 Action
 AN1-22 Invoice
CAD Carrier
 ID1-2 ~transport Mode
 AN1-4 Initial
 AN1-10|5010:15 Number
 ID2-4 Carrier (SCAC)
 AN1-35 Routing
 ID2 ~order-status Status
 ID2-3 ~reference Reference qualifier
 AN1-30|4030:50 Reference
 ID2 Service level
 ? R0405 C0708
ISS Shipped quantity
 R1-10 Units shipped
 ID2 ~unit Unit
 R1-10 Weight
 ID2 ~unit Unit of weight
 R1-8 Volume
 ID2 ~unit Unit of volume
 ? P0102 P0304 P0506
IT1 Invoice line
 AN1-11|4010:20 Line
 R1-10|4020:15 Quantity invoiced
 ID2 ~unit Unit
 R1-14|4010:17 Unit price
 ID2 ~price-basis Basis of price
 10x ID2 ~product Product id qualifier / AN1-30|3060:40|4010:48 Product id
 ? P020304 P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425
IT3 Further line detail
 R1-10 Units shipped
 ID2 ~unit Unit
 ID2 ~order-status Status
 R1-9 Difference
 ID2 Reason
ITD Payment terms
 ID2 ~terms Terms
 ID1-2 Basis date
 R1-6 Discount percent
 DT Discount due date
 N0:1-3 Discount days
 DT Net due date
 N0:1-3 Net days
 N2:1-10 Discount amount
 DT Deferred due date
 N2:1-10 Deferred amount
 R1-5 Percent payable
 AN1-80 Description
 N0:1-2 Day of month
 ID1-2 Payment method
 R1-10 Percent
 ? L03040513 L08040513 L091011
TDS Invoice total
 !N2:1-15 Total
 N2:1-15 Amount that a discount is taken of
 N2:1-15 Total after discount
 N2:1-15 Discount
`;
