/** Segments of envelopes and acknowledgments: ISA to IEA, TA1, 997, 999, 824. The notation is in read-segments.ts. */
export const ENVELOPE_SEGMENTS = `
ISA Interchange control header
 !ID2 Authorization qualifier
 AN0-10 Authorization
 !ID2 Security qualifier
 AN0-10 Security
 !ID2 ~id-qualifier Sender qualifier
 !AN1-15 Sender
 !ID2 ~id-qualifier Receiver qualifier
 !AN1-15 Receiver
 !D6 Date
 !TM4 Time
 !C Repetition separator or standard
 !ID5 Version
 !N0:9 Control number
 !ID1 =yes-no Acknowledgment wanted
 !ID1 =usage Usage
 !C Component separator
GS Functional group header
 !ID2 ~functional-id Functional id
 !AN2-15 Sender
 !AN2-15 Receiver
 !D6-8 Date
 !TM4-8 Time
 !N0:1-9 Control number
 !ID1-2 =agency Agency
 !AN1-12 Version
ST Transaction set header
 !ID3 Transaction set
 !AN4-9 Control number
 @4030 AN1-35 Implementation guide
SE Transaction set trailer
 !N0:1-10 Number of segments
 !AN4-9 Control number
GE Functional group trailer
 !N0:1-6 Number of sets
 !N0:1-9 Control number
IEA Interchange control trailer
 !N0:1-5 Number of groups
 !N0:9 Control number
TA1 Interchange acknowledgment
 !N0:9 Interchange control number
 !D6 Interchange date
 !TM4 Interchange time
 !ID1 =ta1-ack Acknowledgment
 !ID3 ~ta1-note Note
AK1 Functional group acknowledged
 !ID2 ~functional-id Functional id
 !N0:1-9 Group control number
 @4030 AN1-12 Version
AK2 Transaction set acknowledged
 !ID3 Transaction set
 !AN4-9 Control number
 @4030 AN1-35 Implementation guide
AK3 Segment in error
 !ID2-3 Segment
 !N0:1-6|4030:10 Position in set
 AN1-4|4030:6 Loop
 5x ID1-3 ~segment-fault Fault
AK4 Element in error
 !C Position in segment
 N0:1-4 Data element
 !ID1-3 ~element-fault Fault
 AN1-99 Copy of the bad element
AK5 Verdict on the set
 !ID1 =set-ack Acknowledgment
 5x ID1-3 ~set-fault Fault
AK9 Verdict on the group
 !ID1 =set-ack Acknowledgment
 !N0:1-6 Sets included
 !N0:1-6 Sets received
 !N0:1-6 Sets accepted
 5x ID1-3 ~group-fault Fault
IK3 Segment in error
 !ID2-3 Segment
 !N0:1-10 Position in set
 AN1-4|5010:6 Loop
 ID1-3 ~segment-fault Fault
IK4 Element in error
 !C Position in segment
 N0:1-4 Data element
 !ID1-3 ~element-fault Fault
 AN1-99 Copy of the bad element
IK5 Verdict on the set
 !ID1 =set-ack Acknowledgment
 5x ID1-3 ~set-fault Fault
CTX Context
 !C Context name
 ID2-3 Segment
 N0:1-10 Position in set
 AN1-4|5010:6 Loop
 C Position in segment
 C Reference
BGN Beginning
 !ID2 ~purpose Purpose
 !AN1-30|4030:50 Reference
 !DT Date
 TM4-8 Time
 ID2 Time zone
 AN1-30|4030:50 Reference
 ID2 ~transaction-type Type
 ID1-2 Action
 ID2 Security level
 ? C0504
OTI Original transaction
 !ID1-2 =application-ack Application acknowledgment
 !ID2-3 ~reference Reference qualifier
 !AN1-30|4030:50 Reference
 AN2-15 Sender
 AN2-15 Receiver
 DT Group date
 TM4-8 Group time
 N0:1-9 Group control number
 AN4-9 Set control number
 ID3 Transaction set
 AN1-12 Version
 ID2 ~purpose Purpose
 ID2 Transaction type
 ID1-3 Application type
 ID1-2 Action
 ID1-2 Handling
 ID1-2 Status reason
 ? C0908
TED Technical error
 !ID1-3 Error
 AN1-60 Message
 ID2-3 Segment
 N0:1-6 Position in set
 N0:1-2 Element
 N0:1-4 Data element
 AN1-99 Copy of the bad element
 AN1-99 New content
`;
