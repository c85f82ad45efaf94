package draw

import (
	"strings"

	"qunluo/internal/community"
)

// What words of a draw may not ask for. 微信 forbids to reward sharing (诱导分享); stakes and rake are gambling whoever calls it a red packet
// (最高法指导案例 106 号).
var (
	sharing = []string{"转发", "分享到", "分享本", "分享给", "分享后", "分享可", "分享得", "邀请好友", "邀请新人", "拉人", "拉新", "集赞", "点赞", "助力", "砍价", "朋友圈", "share to", "share this", "share it", "invite friends", "invite a friend", "repost", "retweet"}
	stakes  = []string{"下注", "押注", "赌注", "抽水", "尾数", "踩雷", "上下分", "报名费", "参与费", "入场费", "付费参与", "付费抽奖", "entry fee", "place a bet", "wager"}
)

// Asks lists the words of a draw that ask members to share something (sharing), and those that ask for a stake.
func (t Terms) Asks() (shares, bets []string) {
	words := strings.ToLower(strings.Join([]string{t.Title, t.Note, t.Redeem}, "\n"))
	for _, p := range t.Prizes {
		words += "\n" + strings.ToLower(p.Name)
	}
	return found(words, sharing), found(words, stakes)
}

func found(text string, words []string) (out []string) {
	for _, w := range words {
		if strings.Contains(text, w) {
			out = append(out, w)
		}
	}
	return out
}

// Tencent reports whether a platform forbids to reward sharing.
func Tencent(p community.Platform) bool { return p == "wechat" || p == "wecom" || p == "mp" }

// Lawful says why terms may not be published in a group of a platform: CodeForbidden with words to say so. override: a person answers for
// words about sharing, with a reason; nobody can for stakes.
func (t Terms) Lawful(p community.Platform, override bool) error {
	shares, bets := t.Asks()
	if len(bets) > 0 {
		return community.Errorf(community.CodeForbidden, "stake: a draw takes none: %s", strings.Join(bets, ", "))
	}
	if len(shares) > 0 && Tencent(p) && !override {
		return community.Errorf(community.CodeForbidden, "sharing: 微信 forbids to reward it: %s", strings.Join(shares, ", "))
	}
	return nil
}
