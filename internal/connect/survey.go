package connect

import (
	"context"

	"qunluo/internal/community"
)

// Surveyor is a session that can tell all that stands at its platform, so that what is kept here can be held against it.
// What cannot be read comes with its error; an error of the whole call means that nothing could be read.
type Surveyor interface {
	// DesksThere reads the contacts of every employee.
	DesksThere(ctx context.Context) ([]DeskThere, error)
	// ChatsThere reads every group that the platform shows us, also those that the settings leave out.
	ChatsThere(ctx context.Context) ([]ChatThere, error)
	// ChatThere reads one. CodeNotFound: the platform shows it no more.
	ChatThere(ctx context.Context, id string) (ChatThere, error)
	// HandedThere reads how far the hand-overs are that were asked for through this account.
	HandedThere(ctx context.Context) ([]HandedThere, error)
	// TagsThere and WelcomesThere tell what differs of what the session keeps by itself; looked is how many were held against
	// each other, unread names what could not be read.
	TagsThere(ctx context.Context) (list []Difference, looked int, unread []string, err error)
	WelcomesThere(ctx context.Context) (list []Difference, looked int, unread []string, err error)
	// ReadDesk reads an employee's contacts and tells the list, an empty one too.
	ReadDesk(ctx context.Context, employee string) error
}

// DeskThere is who an employee has as contacts.
type DeskThere struct {
	Desk     community.Ref // where the contacts are kept here
	Employee string
	People   []community.Who // Card is the employee's remark
	Err      error           // set: People say nothing
}

// ChatThere is a group as it stands at the platform.
type ChatThere struct {
	ID, Name, Owner, Notice string
	OwnerLeft               bool // the owner is no longer among the employees
	Chosen                  bool // the settings let us read it
	People                  []community.Who
	Err                     error // set: only the id is known
}

// How far a hand-over is at the platform.
const (
	HandedDone    = "done"
	HandedWaiting = "waiting"
	HandedRefused = "refused"
	HandedFull    = "full" // the taker has too many contacts
	HandedNone    = "none" // the platform knows of none
)

// HandedThere is a contact or a group that was asked to be handed over.
type HandedThere struct {
	Kind     string // "contact", "group"
	ID, Name string
	From, To string // employees
	Asked    int64  // UTC ms
	State    string
	Left     bool // the giver had left the company
	Err      error
}

// Difference is something that is not the same here and there, with the chores that settle it.
type Difference struct {
	Subject, Name string // the platform's id, and what people call it
	Owner         string // whose it is; "" = the account's
	Here, There   string
	Why           string // "both", "theirs", "ours", "gone"
	Take, Push    *Act   // nil = there is no such way
}
