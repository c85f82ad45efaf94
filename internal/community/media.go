package community

import "strings"

// Medium is the content of a picture, recording, film or document, read whole.
type Medium struct {
	Hash string // SHA-256 of Data, hex
	Name string // as a person knows it, with its ending
	Type string // as the bytes say, e.g. image/png
	Data []byte
}

// UploadScheme begins the address of content that a person gave to be sent; what follows is its id.
const UploadScheme = "upload:"

// MaxMedium bounds the content of one part of a message, in bytes.
const MaxMedium = 20 << 20

// Ways in which a part of a message came into another group.
const (
	PartUploaded = "uploaded" // its content was sent
	PartSame     = "same"     // the platform has it already and was told which
	PartAddress  = "address"  // only its address was passed on
	PartWords    = "words"    // words stand in its place; Code says why
)

// Fate is what became of one part of a message on its way into a group.
type Fate struct {
	Kind  string `json:"kind"` // of the segment
	How   string `json:"how"`
	Code  Code   `json:"code,omitempty"` // why it is not its content; CodeLate = the address is no longer good
	Bytes int64  `json:"bytes,omitempty"`
	Hash  string `json:"hash,omitempty"`
}

// IsMedia reports whether a segment stands for content that lies somewhere else. A face with a number is one that the
// platform itself draws.
func (s Segment) IsMedia() bool {
	switch s.Kind {
	case "image", "audio", "video", "file", "app":
		return s.Ref != ""
	case "face":
		return strings.Trim(s.Ref, "0123456789") != ""
	}
	return false
}

// IsWeb reports whether the segment's address is one of the web.
func (s Segment) IsWeb() bool {
	return strings.HasPrefix(s.Ref, "https://") || strings.HasPrefix(s.Ref, "http://")
}
