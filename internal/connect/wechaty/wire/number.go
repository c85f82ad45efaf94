package wire

// Types of events.
const (
	EventMessage   = 2
	EventError     = 16
	EventRoomJoin  = 19
	EventRoomLeave = 20
	EventRoomTopic = 21
	EventScan      = 22
	EventLogin     = 25
	EventLogout    = 26
)

// What a message is, by the puppet's own numbers: servers send those and not the protocol's.
const (
	KindText     = 7
	KindRecalled = 13
)

// Field numbers of MessagePayloadResponse.
const (
	MsgID       = 1
	MsgFile     = 2
	MsgText     = 3
	MsgOldTime  = 4 // seconds
	MsgKind     = 5
	MsgTalker   = 6
	MsgRoom     = 7
	MsgMentions = 9
	MsgTime     = 10 // a message: 1 = seconds, 2 = nanoseconds
)

// Field numbers of RoomPayloadResponse.
const (
	RoomTopic  = 2
	RoomOwner  = 4
	RoomAdmins = 5
)
