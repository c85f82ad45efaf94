package community

// Bot (接入的机器人) is somebody else's program that attaches to our groups: it sees what happens there and acts through
// us, under our rules, limits and trail. Its token is kept as a hash only.
type Bot struct {
	Key      int64
	ID       ID
	Org      OrgKey
	Name     string
	Hash     string // SHA-256 of its token, hex
	Scopes   []BotScope
	Groups   []GroupKey // nil = all of the organisation
	Mode     BotMode
	URL      string // where we reach it: reverse and http
	Secret   string // reverse: the token it wants of us; http: the key its events are signed with; hook: the key its posts are signed with, "" = unsigned
	Enabled  bool
	Created  int64
	LastUsed int64 // UTC ms; 0 = never
	Cursor   int64 // reverse and http: the last event it was given
}

// BotScope is something a bot may do.
type BotScope string

// Scopes of a bot.
const (
	BotRead    BotScope = "read"    // messages, members, groups
	BotSend    BotScope = "send"    // messages
	BotRecall  BotScope = "recall"  // messages; those it sent itself go with send
	BotMute    BotScope = "mute"    // and unmute, one or all
	BotRemove  BotScope = "remove"  // members
	BotApprove BotScope = "approve" // join requests
)

// Scopes that only hooks have, beside send.
const (
	BotTask  BotScope = "task"  // work for people
	BotAlarm BotScope = "alarm" // alarms for whoever is on duty

	BotReading BotScope = "reading" // what stands in pictures
)

// HookScopes lists the scopes of hooks in the order pages show them.
var HookScopes = []BotScope{BotSend, BotTask, BotAlarm, BotReading}

// BotScopes lists every scope in the order pages show them.
var BotScopes = []BotScope{BotRead, BotSend, BotRecall, BotMute, BotRemove, BotApprove}

// BotMode says how a bot and we find each other.
type BotMode string

// Modes of a bot.
const (
	BotDials   BotMode = ""        // it dials us: WebSocket or HTTP, OneBot or Satori
	BotReverse BotMode = "reverse" // we dial its WebSocket address: OneBot
	BotPush    BotMode = "http"    // we post events to its address, it calls us: OneBot
	BotHook    BotMode = "hook"    // no bot: an outside system posts JSON to us and hears nothing
)

// May reports whether the bot has a scope.
func (b *Bot) May(s BotScope) bool {
	for _, has := range b.Scopes {
		if has == s {
			return true
		}
	}
	return false
}

// Sees reports whether a group is the bot's; the organisation has been looked at before.
func (b *Bot) Sees(g GroupKey) bool {
	if b.Groups == nil {
		return true
	}
	for _, own := range b.Groups {
		if own == g {
			return true
		}
	}
	return false
}
