// Package north is the door for other people's programs: a Koishi or NoneBot bot attaches to groups of ours with a token
// and scopes, sees what happens there and acts through the house, so that rules, limits, freeze and the audit trail hold
// for it. north/onebot and north/satori speak the protocols; this room knows bots, their seats and what they may wish.
//
// Numbers outward are ours, the same for both protocols and for as long as the installation lives: a group is its key, a
// member his key, a message the number of its event. What a bot sent has the number of the event that decided it, known
// before the platform answers. Our accounts, whichever serves a group, are to a bot the one self SelfID: a mention of
// them is a mention of the bot. Messages of our own accounts are never told to bots, neither their own nor those of rules
// and other bots: so two of them cannot talk in circles.
package north
