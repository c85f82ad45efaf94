package duty

import "qunluo/internal/community"

// Note is a hand-over note.
type Note struct {
	ID   community.ID
	At   int64
	User string
	Text string
}

// Settings are how an organisation's duty is cut and how long people have to acknowledge.
type Settings struct {
	Zone string `json:"zone"` // "" = Asia/Shanghai
	Ack  int64  `json:"ack"`  // ms; 0 = DefaultAck
}

// Bounds of Settings.Ack, in milliseconds.
const (
	MinAck = 60 * 1000
	MaxAck = 24 * 3600 * 1000
)
