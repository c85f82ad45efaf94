package community

// Reading is the Data of a media.read event: what a reader found in the pictures of a message. The words stand in Body.Text,
// one line for each thing found; Body.Message is the platform's id of the message, so that a recall takes that.
type Reading struct {
	Event int64      `json:"event"`           // number of the message's event
	By    string     `json:"by,omitempty"`    // the outside reader's name; "" = our own
	Parts []ReadPart `json:"parts,omitempty"` // at most MaxReadParts
	Cut   bool       `json:"cut,omitempty"`   // there was more
}

// ReadPart is one thing found in a picture, or why a picture could not be read.
type ReadPart struct {
	Part int    `json:"part"`           // which segment of the message, from 0
	Kind string `json:"kind,omitempty"` // ReadQR, ReadText; "" = nothing, Code says why
	Span Span   `json:"span,omitzero"`  // in Body.Text
	Code Code   `json:"code,omitempty"`
}

// Kinds of what is found in pictures.
const (
	ReadQR   = "qr"
	ReadText = "text"
)

// Bounds of a reading: things found, and pictures of one message that are looked at.
const (
	MaxReadParts = 20
	MaxReadText  = 4 << 10 // bytes of one thing found
	MaxPictures  = 9
)

// Pictures are the places of a message's pictures among its segments, at most MaxPictures.
func (b Body) Pictures() []int {
	var out []int
	for i, s := range b.Segments {
		if s.Kind == "image" && s.IsMedia() && len(out) < MaxPictures {
			out = append(out, i)
		}
	}
	return out
}
