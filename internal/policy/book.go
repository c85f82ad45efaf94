package policy

import (
	"encoding/json"

	"qunluo/internal/community"
)

// Book is a rulebook as people write it and as a rulebook.published event carries it (JSON in Body.Data).
type Book struct {
	Version     int            `json:"version"`         // counts publications; 0 = never published
	Name        string         `json:"name,omitempty"`  // for people
	Mode        community.Mode `json:"mode"`            // observe: every rule counts as dry
	Group       string         `json:"group,omitempty"` // what {group} stands for in texts
	Zone        string         `json:"zone"`            // IANA name: night and time windows are cut here
	Night       Hours          `json:"night"`           // when the night thresholds hold
	MemoryDays  int            `json:"memory_days"`     // how long a strike lives
	RemovalsMax int            `json:"removals_max"`    // per hour without a person; 0 = a person releases each
	RemovalsPct int            `json:"removals_pct"`    // per hour, of the members, in percent; 0 = no such limit
	// TrustGateway: removals that rest on the word of an unofficial gateway are carried out unasked; false = a person
	// releases each.
	TrustGateway bool                  `json:"trust_gateway,omitempty"`
	Ladder       []Rung                `json:"ladder"`                  // what follows the 1st, 2nd, … live strike
	WarnText     string                `json:"warn_text,omitempty"`     // {name} {reason} {rung} {group} {version} {article}
	RemovedText  string                `json:"removed_text,omitempty"`  // public notice of a removal that happened: {name} {reason} {group} {version} {article}; "" = none
	MaskNames    bool                  `json:"mask_names,omitempty"`    // the notice says only the first character of the name
	Allow        Allow                 `json:"allow,omitzero"`          // outranks every rule
	ReadPictures bool                  `json:"read_pictures,omitempty"` // what stands in pictures is judged by the same rules
	Immune       []community.Role      `json:"immune"`                  // roles that are never sanctioned
	Staff        []community.MemberKey `json:"staff,omitempty"`         // members that are never sanctioned: our own people
	Charter      Charter               `json:"charter,omitzero"`        // the rules as members read them
	Rules        []Rule                `json:"rules"`
}

// Allow is what no rule may hold against anybody.
type Allow struct {
	Phrases []string              `json:"phrases,omitempty"` // a hit that lies inside such a phrase does not count
	Hosts   []string              `json:"hosts,omitempty"`   // links there, and to their subdomains, are no links
	Members []community.MemberKey `json:"members,omitempty"`
	Apps    []string              `json:"apps,omitempty"` // appids: these mini-programs are no medium, no card and no link
}

// Hours is a part of the day, "HH:MM" each, From included, To not; it may go over midnight. Equal ends: never.
type Hours struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Rung is one step of a ladder (处罚阶梯).
type Rung struct {
	Actions     []string `json:"actions"`                // recall, warn, mute, remove
	MuteSeconds int64    `json:"mute_seconds,omitempty"` // with mute
	Block       bool     `json:"block,omitempty"`        // with remove: refuse new requests
}

// Rule is one rule of a book.
type Rule struct {
	ID         string          `json:"id"` // a-z 0-9 - _; never reused for another purpose: strikes name it
	Name       string          `json:"name"`
	Kind       string          `json:"kind"`                  // a row of Kinds
	Mode       string          `json:"mode"`                  // live, dry, off
	Ladder     []Rung          `json:"ladder,omitempty"`      // instead of the book's
	StartRung  int             `json:"start_rung,omitempty"`  // the first hit is on this rung at least; 0 = 1
	OwnStrikes bool            `json:"own_strikes,omitempty"` // the rung counts this rule's strikes only
	Remind     bool            `json:"remind,omitempty"`      // no strike: only the ladder's start rung, by default a warning
	Reason     string          `json:"reason,omitempty"`      // {reason} in texts; empty = the kind's own words
	Params     json.RawMessage `json:"params"`
}

// Modes of a rule.
const (
	RuleLive = "live"
	RuleDry  = "dry"
	RuleOff  = "off"
)

// Acts of a rung.
const (
	ActRecall = "recall"
	ActWarn   = "warn"
	ActMute   = "mute"
	ActRemove = "remove"
)

// Defaults of a book.
const (
	DefaultZone        = "Asia/Shanghai"
	DefaultMemoryDays  = 30
	DefaultRemovalsMax = 10
	DefaultRemovalsPct = 2
	DefaultWarnText    = "{reason}。这是第 {rung} 次提醒，请遵守群规。"
	daySeconds         = 24 * 60 * 60
)

// DefaultLadder is recall and warn, then a day's mute, then removal.
func DefaultLadder() []Rung {
	return []Rung{
		{Actions: []string{ActRecall, ActWarn}},
		{Actions: []string{ActMute}, MuteSeconds: daySeconds},
		{Actions: []string{ActRemove}},
	}
}

// DefaultImmune is the roles that nothing is held against.
func DefaultImmune() []community.Role {
	return []community.Role{community.RoleOwner, community.RoleAdmin, community.RoleStaff, community.RoleSelf}
}

// blank is a book that says nothing yet but what holds everywhere.
func blank() Book {
	return Book{
		Mode: community.Observe, Zone: DefaultZone, Night: Hours{"23:00", "07:00"},
		MemoryDays: DefaultMemoryDays, RemovalsMax: DefaultRemovalsMax, RemovalsPct: DefaultRemovalsPct,
		WarnText: DefaultWarnText,
	}
}
