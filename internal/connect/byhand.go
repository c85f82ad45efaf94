package connect

import "qunluo/internal/community"

// ByHand is what people can do in a group of a platform that no connection of ours reaches (人工通道): everything that the
// platform's own app offers to an owner or admin, as a task card.
func ByHand(p community.Platform) Abilities {
	verbs := make(map[community.Verb]community.Ability, len(community.Verbs))
	for _, v := range community.Verbs {
		verbs[v] = community.Ability{Level: community.Human, Evidence: "declared"}
	}
	for v, note := range notEvenByHand[p] {
		verbs[v] = community.Ability{Level: community.None, Evidence: "declared", Note: note}
	}
	return Abilities{Verbs: verbs}
}

// notEvenByHand is what a platform's app does not offer at all: in a plain WeChat group nobody can mute a single member,
// on IRC nothing is ever taken back.
var notEvenByHand = map[community.Platform]map[community.Verb]string{
	"irc": {
		community.RecallMsg: "what was said on IRC stays said", community.SetCard: "a nick belongs to its bearer",
		community.Rename: "a channel's name is its identity", community.Essence: "IRC keeps no messages",
	},
	"wechat": {
		community.Mute: "the app cannot mute one member", community.Unmute: "the app cannot mute one member",
		community.RecallMsg: "the app takes back only what one said oneself, for two minutes",
		community.MuteAll:   "the app cannot mute a group", community.Essence: "the app has no such shelf",
		community.MassRemind: "nothing to remind of", community.MassCancel: "nothing to stop",
	},
}
