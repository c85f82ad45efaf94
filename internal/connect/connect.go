// Package connect is the contract with chat platforms: what a connector must be able to say and do.
//
// A leaf (connect/<platform>) turns a platform's frames into events (parse is pure) and our actions into calls. It
// states per verb what it can do (Abilities are data, per account and group, probed at run time); what it cannot do
// becomes a task for a person. connect/conntest is the examination that every leaf passes.
package connect

import (
	"context"
	"encoding/json"
	"net/http"

	"qunluo/internal/community"
)

// Inbound is an event on its way in.
type Inbound = community.Inbound

// Receipt is the platform's answer to an action.
type Receipt = community.Receipt

// Connector makes sessions of one kind of platform. It holds no state of its own.
type Connector interface {
	Info() Info
	// Open checks the settings and prepares a session; it does not wait for the network. Bad settings give
	// community.CodeBadInput with the field's name in the message.
	Open(ctx context.Context, settings json.RawMessage, host Host) (Session, error)
}

// Placer is a connector to many platforms: the settings say which one an account is on.
type Placer interface {
	// PlatformOf names the platform that good settings lead to.
	PlatformOf(settings json.RawMessage) community.Platform
}

// Session is one account's living connection.
type Session interface {
	// Run works until ctx ends, reconnecting by itself with growing pauses. It returns ctx's error or one that no
	// reconnecting can mend.
	Run(ctx context.Context) error
	// Abilities says what this account can do in a group (the platform's id; "" = in general), from what is known now.
	Abilities(group string) Abilities
	// Do carries an action out; a.To holds the platform's ids. An error's code decides what follows: CodeTimeout = the
	// outcome is unknown; CodeUnreachable and CodeLimited = certainly not done, try later; CodeUnsupported = learn
	// "none"; anything else = failed for good.
	Do(ctx context.Context, a community.Action) (Receipt, error)
}

// Host is what a session may call: the belt's entrance, bound to the session's account.
type Host interface {
	// Receive returns nil once the events are safely on disk; only then may the platform be told "got it". Any error
	// means that nothing was taken.
	Receive(ctx context.Context, in ...Inbound) error
	// Report tells about the connection's health; it never blocks.
	Report(Health)
}

// Keeper is a host that keeps small things for a session across restarts: quotas, cursors, what it waits for. What belongs
// to a group's history is an event instead.
type Keeper interface {
	// Keep stores a value (JSON, at most 4 MiB) under a name of at most 200 bytes; an empty one is forgotten. It returns
	// once that is on disk.
	Keep(ctx context.Context, name string, value json.RawMessage) error
	// Kept reads what was stored under names that begin with prefix.
	Kept(ctx context.Context, prefix string) (map[string]json.RawMessage, error)
}

// KeeperOf is the host's keeper; a host that keeps nothing gets one that lasts as long as the session.
func KeeperOf(h Host) Keeper {
	if k, ok := h.(Keeper); ok {
		return k
	}
	return &memory{notes: map[string]json.RawMessage{}}
}

// Health is how a connection is.
type Health struct {
	State  string // "connecting", "online", "offline", "failed"
	Code   community.Code
	Detail string // for the operator
	// Say is what happened and what to do about it, in Chinese and English; empty where Detail says it all.
	Say  [2]string
	Self string // the platform's id of our account, once known
	Name string // its name
	At   int64  // UTC ms; 0 = now
}

// Info describes a connector. Form, validation, documentation and masking of secrets all read Fields.
type Info struct {
	Name     string    // "onebot"
	Title    [2]string // Chinese, English
	Platform community.Platform
	Summary  [2]string
	Risk     [2]string // what an operator must know before switching it on; empty = nothing special
	Fields   []Field
	Called   bool      // the platform calls us by HTTP, at /connect/<account id>/
	Defaults Abilities // before probing
	// Consent is the bool field by which an operator says that Risk was read: without it nothing can be added. "" = none.
	Consent string
	// Unofficial: the gateway is not the platform's own, or does not sign what it says. Nothing that cannot be taken back
	// follows from its events without a person, unless the group's rulebook says that this is accepted.
	Unofficial bool
}

// Field is one setting of a connector.
type Field struct {
	Name     string // JSON key
	Title    [2]string
	Help     [2]string
	Kind     string   // "text", "secret", "url", "choice", "bool", "number"
	Choices  []string // for "choice"
	Default  string
	Required bool
}

// Abilities is what an account can do, verb by verb. A verb that is absent is None.
type Abilities struct {
	Verbs      map[community.Verb]community.Ability
	GroupLimit int  // members; 0 = not known
	ReadsAll   bool // sees every message of the group, not only those addressed to it
	Overflow   bool // a code made by invite.create leads to a next group, which the platform opens when one is full
	Media      Media
	Presence   bool // member lists, joining and leaving tell who is there now, not who belongs: a list marks its Scene "presence"
}

// Media is what an account can send besides words.
type Media struct {
	// Upload are the kinds of segments (image, audio, video, file) that it sends as content, each with the most bytes.
	Upload map[string]int64
	Only   map[string][]string // types of content (image/png) that a kind is restricted to; absent = any
	ByWeb  bool                // what it cannot upload it may still name by a web address
	Most   int                 // parts of one message; 0 = any number
}

// Level is the level of a verb.
func (a Abilities) Level(v community.Verb) community.Level { return a.Of(v).Level }

// Of is the ability of a verb.
func (a Abilities) Of(v community.Verb) community.Ability {
	if got, ok := a.Verbs[v]; ok {
		return got
	}
	return community.Ability{Level: community.None}
}

// HTTPReceiver is a session that the platform calls by HTTP or WebSocket (reverse connections, callbacks). The app
// mounts it at /connect/<account id>/.
type HTTPReceiver interface {
	ServeConnect(w http.ResponseWriter, r *http.Request)
}

// MediaReader is a session that can read the content behind a segment that came through its account, where a web address
// does not lead there or does not say all.
type MediaReader interface {
	// ReadMedia reads at most most bytes. CodeLate: the platform no longer has it; CodeTooLarge; CodeUnsupported: not this
	// segment, its web address is all there is.
	ReadMedia(ctx context.Context, seg community.Segment, most int64) (community.Medium, error)
}

// MemberLister is a session that can read a group's member list.
type MemberLister interface {
	// Members reads the full list of a group; only a complete list may be returned without error.
	Members(ctx context.Context, group string) ([]community.Who, error)
}

// Notifier is a session that can tell an employee or operator something outside of any group, such as that a task waits.
type Notifier interface {
	// Notify sends a card to a person (the platform's id). url may be empty. CodeNotFound: nobody is called so.
	Notify(ctx context.Context, to, title, text, url string) error
}

// Momenter is a session that posts on employees' pages (客户朋友圈): each employee confirms on the phone. What contacts do
// under a post comes as reaction.added events.
type Momenter interface {
	// NewMoment asks the employees to publish a post; id is "" while the platform is still making the tasks. Values are
	// checked; CodeNotFound names a tag that there is not.
	NewMoment(ctx context.Context, m community.MomentOrder) (id string, err error)
	// Moments tells the posts of the last days, at most 30, and who has confirmed them.
	Moments(ctx context.Context, days int) ([]community.Moment, error)
}

// ArticleReader is a session that can tell the platform's own totals of articles of a day; nobody is named in them.
type ArticleReader interface {
	// MayTell says why accounts of this kind may not ask: CodeUnsupported; nil = they may.
	MayTell() error
	// Articles reads a day ("2006-01-02"), yesterday or earlier, in the platform's zone. CodeUnsupported: accounts of this
	// kind may not ask.
	Articles(ctx context.Context, day string) ([]community.ArticleDay, error)
}

// Drafter is a session that can put articles into a draft box, where a person publishes them.
type Drafter interface {
	// MayDraft says why accounts of this kind may not: CodeUnsupported; nil = they may.
	MayDraft() error
	// ArticlePicture gives the platform a picture of an article's text, and its address there. Given twice it is there twice.
	ArticlePicture(ctx context.Context, f community.Medium) (url string, err error)
	// ArticleCover gives the platform the picture that stands for an article, and its id there.
	ArticleCover(ctx context.Context, f community.Medium) (id string, err error)
	// SaveArticle puts an article into the draft box, or in the place of one that is there, by its id. CodeNotFound: there is none of this id
	// (any more). CodeTimeout: nobody knows whether it is there now.
	SaveArticle(ctx context.Context, id string, a community.Article) (string, error)
	// FindArticle looks for a draft by its cover, which no other has; "" = it is not among the newest.
	FindArticle(ctx context.Context, cover string) (id string, err error)
}

// HistoryReader is a session that can read back what was said in a group.
type HistoryReader interface {
	// History gives the group's messages since a time (UTC ms), our own included, oldest first, as Receive would get them.
	// CodeUnsupported: not here.
	History(ctx context.Context, group string, since int64) ([]Inbound, error)
}

// GroupLister is a session that can tell which groups the account is in.
type GroupLister interface {
	Groups(ctx context.Context) ([]community.Ref, error)
}
