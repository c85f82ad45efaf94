package community

import "strings"

// Bounds of a moment (客户朋友圈).
const (
	MaxMomentText     = 6000 // bytes
	MaxMomentPictures = 9
)

// MomentOrder is a post that employees are asked to publish on their page: a text, with pictures or a link.
type MomentOrder struct {
	Text      string   `json:"text"`
	Link      string   `json:"link,omitempty"`
	LinkTitle string   `json:"link_title,omitempty"`
	Employees []string `json:"employees,omitempty"` // who publishes it, as the platform calls them; empty = everybody
	Tags      []string `json:"tags,omitempty"`      // it is seen by contacts with one of these tags; empty = by all
	Pictures  []Medium `json:"-"`
}

// Check says what is wrong with a moment: CodeBadInput or CodeTooLarge.
func (m MomentOrder) Check() error {
	switch {
	case strings.TrimSpace(m.Text) == "" && len(m.Pictures) == 0 && m.Link == "":
		return Errorf(CodeBadInput, "text: empty")
	case len(m.Text) > MaxMomentText:
		return Errorf(CodeTooLarge, "text: %d bytes, at most %d", len(m.Text), MaxMomentText)
	case m.Link != "" && len(m.Pictures) > 0:
		return Errorf(CodeBadInput, "link: a moment holds pictures or a link, not both")
	case m.Link != "" && strings.TrimSpace(m.LinkTitle) == "":
		return Errorf(CodeBadInput, "title: a link needs one")
	case m.Link != "" && !strings.HasPrefix(m.Link, "https://") && !strings.HasPrefix(m.Link, "http://"):
		return Errorf(CodeBadInput, "link: want an address that begins with https://")
	case len(m.Pictures) > MaxMomentPictures:
		return Errorf(CodeTooLarge, "pictures: %d, at most %d", len(m.Pictures), MaxMomentPictures)
	}
	return nil
}

// Moment is a post on employees' pages, as the platform tells it.
type Moment struct {
	ID       string
	Text     string
	Link     string
	Pictures int
	Creator  string // of the employee who wrote it; "" = it was made for employees to confirm
	At       int64  // UTC ms
	Partly   bool   // only some contacts see it
	Posts    []MomentPost
}

// MomentPost is one employee's part in a moment.
type MomentPost struct {
	Employee  string // as the platform calls them
	Name      string // as people do, where it is known
	Published bool   // they confirmed it on the phone
}

// Published counts the employees who confirmed.
func (m Moment) Published() (n int) {
	for _, p := range m.Posts {
		if p.Published {
			n++
		}
	}
	return n
}

// MomentReaction is what one contact did under a moment.
type MomentReaction struct {
	Member   Member
	Moment   string
	Likes    int64
	Comments int64
	Last     int64
}
