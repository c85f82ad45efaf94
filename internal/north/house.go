package north

import (
	"context"

	"qunluo/internal/community"
)

// House is what attached bots need of the house. A bot's organisation and groups bound every method: what lies outside
// gives community.CodeNotFound.
type House struct {
	Bots   Bots
	Log    Log
	Places Places
	Hands  Hands
	Calls  Calls
}

// Bots is who may attach.
type Bots interface {
	// AllBots lists them, disabled ones included.
	AllBots(ctx context.Context) ([]community.Bot, error)
	// BotUsed notes when a bot was last heard of (UTC ms) and, where not 0, how far it was told what happened.
	BotUsed(ctx context.Context, key, at, cursor int64) error
}

// Log is what happened.
type Log interface {
	// LogHead is the number of the last event that is safely on disk.
	LogHead(ctx context.Context) (int64, error)
	// Happened reads what a bot may see, numbers in (after, until], oldest first, and says up to which number it has
	// looked: less than until when there is more.
	Happened(ctx context.Context, b community.Bot, after, until int64) (list []Happening, looked int64, err error)
	// Happening gives one of them by its number.
	Happening(ctx context.Context, b community.Bot, number int64) (Happening, error)
}

// Calls remember what outside systems called with keys of their own.
type Calls interface {
	// BeginHookCall notes that a call begins (now: UTC ms). fresh: the first under its key; else answer is what that one was
	// answered, "" while nothing is known of its end. CodeConflict: the key was used for another body.
	BeginHookCall(ctx context.Context, bot int64, key, bodyHash string, now int64) (fresh bool, answer string, err error)
	// EndHookCall keeps the answer; with "" the call is forgotten.
	EndHookCall(ctx context.Context, bot int64, key, answer string) error
}

// Places are groups and who is in them.
type Places interface {
	Groups(ctx context.Context, b community.Bot) ([]Group, error)
	Members(ctx context.Context, b community.Bot, g community.GroupKey) ([]Person, error)
	// Member gives one person of a group, or with 0 of any of them.
	Member(ctx context.Context, b community.Bot, g community.GroupKey, id int64) (Person, error)
	// Can says how well a verb can be done in a group now.
	Can(ctx context.Context, b community.Bot, g community.GroupKey, v community.Verb) community.Level
}

// Hands are what a bot changes.
type Hands interface {
	// Begin decides about a wish; what came of it is durable. CodeFrozen: automatic actions are held; CodeForbidden:
	// the member is immune.
	Begin(ctx context.Context, b community.Bot, w Wish) (Begun, error)
	// Raise opens an alarm for whoever is on duty.
	Raise(ctx context.Context, b community.Bot, text string) (community.ID, error)
	// Read takes in what an outside reader read in the pictures of a message, by its number; it gives the number of the
	// event that says so, 0 where the same reader said it before.
	Read(ctx context.Context, b community.Bot, message int64, text string) (int64, error)
	// Fate says how an action stands: its state, the code and the platform's words.
	Fate(ctx context.Context, id community.ID) (state community.State, code community.Code, detail string, err error)
}

// Group is a group as a bot sees it.
type Group struct {
	Key     community.GroupKey
	ID      community.ID
	Name    string
	Members int
}

// Person is somebody in a group; ID is their key, or SelfID.
type Person struct {
	ID       int64
	Name     string
	Card     string
	Role     community.Role
	Joined   int64 // UTC ms; 0 = not known
	LastWord int64
}

// Shown is the name the group sees.
func (p Person) Shown() string {
	if p.Card != "" {
		return p.Card
	}
	return p.Name
}

// Happening is an event with our numbers in place of the platform's ids, also in the segments: at has the member's, quote
// the message's.
type Happening struct {
	Number   int64
	Type     community.Type
	At       int64 // UTC ms
	Group    community.GroupKey
	Actor    Person
	Subject  Person
	By       Person
	Message  int64 // the message concerned; 0 = none, or not on record
	Quote    int64 // the message answered
	Text     string
	Segments []community.Segment
	Seconds  int64
	Reason   string
	Scene    string
	Own      bool            // said or sent by one of our accounts
	Card     [2]string       // member.updated: the name in the group before and after, where known
	State    community.State // of what the bot itself sent
}

// Wish is what a bot wants done, in our numbers.
type Wish struct {
	Verb     community.Verb
	Group    community.GroupKey
	Member   int64
	Message  int64 // recall, essence: the message; approve: the request
	Quote    int64 // send: what it answers; 0 = nothing
	Text     string
	Segments []community.Segment // send; at: our number
	Seconds  int64               // mute
	Due      int64               // work for people: minutes until it must be done; 0 = a day
	Block    bool                // remove: for good
	Refuse   bool                // approve: say no; mute_all: lift it
}

// Begun is a wish that was decided about.
type Begun struct {
	Number int64 // of the event that decided it
	Action community.ID
	Held   string // why a person must release it first; "" = it goes on by itself
}

// selfBase lies above every member's key and below 2^32, which every client can hold.
const selfBase = 4_000_000_000

// SelfID is what a bot is to itself.
func SelfID(b community.Bot) int64 { return selfBase + b.Key }
