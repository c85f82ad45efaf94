package rights

import "slices"

// Power is one thing that somebody may be allowed to do. Every page and every verb done in somebody's name names exactly one.
type Power string

// Powers. Those that read come first.
const (
	Enter       Power = "enter"        // sign in, the first page, one's own settings, the glossary
	SeeFigures  Power = "see.figures"  // figures about many, without names
	SeePeople   Power = "see.people"   // members by name, and the people behind a figure
	SeeVeiled   Power = "see.veiled"   // members under pseudonyms
	SeeTexts    Power = "see.texts"    // what members wrote
	SeeGroups   Power = "see.groups"   // groups and connections, and what can be done in them
	SeeOrder    Power = "see.order"    // rules, words, lists, suggestions
	SeeContent  Power = "see.content"  // what is sent by plan, short links, moments, articles
	SeeMoney    Power = "see.money"    // what members paid, and what is paid out
	SeeDuty     Power = "see.duty"     // who is on duty, alarms, notes
	SeeAudit    Power = "see.audit"    // who changed what, and why
	SeeSettings Power = "see.settings" // how the installation is set

	Work      Power = "work"       // take and finish what waits for a person, let people in
	Judge     Power = "judge"      // review, warn, mute, remove, strike, recall, undo; decide appeals and reports
	Draft     Power = "draft"      // write rules, words and suggestions without putting them in force
	Publish   Power = "publish"    // put rules and words in force, switch a group from watching to acting
	Freeze    Power = "freeze"     // hold and free all automatic actions, lock a group down
	RunDuty   Power = "run.duty"   // answer alarms, write notes, plan the roster
	Write     Power = "write"      // send to groups, by plan or at once; short links
	Codes     Power = "codes"      // codes that lead into groups, sizes, what comes through them
	Reward    Power = "reward"     // give points and benefits, run the vote
	Pay       Power = "pay"        // enter and void payments, pay out
	Steer     Power = "steer"      // adjustments, tiers of one member, renewals, signals
	Tune      Power = "tune"       // goals, limits and rules of figures, points, votes, duty, reports
	SetGroups Power = "set.groups" // make groups, their settings, standbys
	Merge     Power = "merge"      // say who is one human, who is staff
	Export    Power = "export"     // take lists with names or texts out of the house
	Import    Power = "import"     // bring histories in and take them back
	Connect   Power = "connect"    // connections to platforms, and what is done through them
	Users     Power = "users"      // who may sign in and do what; hand over what somebody leaves
	Settings  Power = "settings"   // change how the installation is set
	Keys      Power = "keys"       // tokens of bots and outside systems
	Unveil    Power = "unveil"     // agree that somebody learns who stands behind a pseudonym
	SignIns   Power = "sign.ins"   // what people prove themselves with: demand it, take a lost one away, end others' sessions
)

// power is a line of the table of powers.
type power struct {
	name  Power
	whole bool // touches the whole organisation: nobody who reaches only some groups has it
}

// powers is every power there is, in the order in which they are told.
var powers = []power{
	{Enter, false}, {SeeFigures, false}, {SeePeople, false}, {SeeVeiled, false}, {SeeTexts, false}, {SeeGroups, false}, {SeeOrder, false},
	{SeeContent, false}, {SeeMoney, false}, {SeeDuty, false}, {SeeAudit, true}, {SeeSettings, true},
	{Work, false}, {Judge, false}, {Draft, false}, {Publish, false}, {Freeze, false}, {RunDuty, false}, {Write, false},
	{Codes, false}, {Reward, false}, {Pay, false}, {Steer, false}, {Tune, false}, {SetGroups, false}, {Merge, true},
	{Export, false}, {Import, true}, {Connect, true}, {Users, true}, {Settings, true}, {Keys, true}, {Unveil, true}, {SignIns, true},
}

// Powers lists every power.
func Powers() []Power {
	out := make([]Power, 0, len(powers))
	for _, p := range powers {
		out = append(out, p.name)
	}
	return out
}

// Known reports whether there is such a power.
func (p Power) Known() bool { return p.line() >= 0 }

// Whole reports whether a power touches the whole organisation, so that who reaches only some groups cannot use it.
func (p Power) Whole() bool {
	i := p.line()
	return i < 0 || powers[i].whole
}

func (p Power) line() int {
	return slices.IndexFunc(powers, func(x power) bool { return x.name == p })
}
