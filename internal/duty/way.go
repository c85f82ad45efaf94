package duty

import (
	"net/url"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Ways by which a person is told.
const (
	ByMail    = "mail"    // Address: a mail address
	ByWebhook = "webhook" // Address: an http(s) address that is posted to; Secret signs what is posted
	ByGroup   = "group"   // Address: the id of one of our groups, where a message is sent
	ByWeCom   = "wecom"   // Address: the person's id in 企业微信
)

// WayKinds lists the ways in the order forms offer them.
func WayKinds() []string { return []string{ByWeCom, ByWebhook, ByMail, ByGroup} }

// Way is one way by which one person is told.
type Way struct {
	Kind    string `json:"kind"`
	Address string `json:"address"`
	Secret  string `json:"secret,omitempty"` // webhook: "whsec_…" or any text; signs what is posted
}

// Bounds of what a person may set.
const (
	MaxWays    = 6
	maxAddress = 500
)

// CheckWays says what is wrong with a person's ways: community.CodeBadInput.
func CheckWays(ways []Way) error {
	if len(ways) > MaxWays {
		return community.Errorf(community.CodeBadInput, "ways: at most %d", MaxWays)
	}
	for _, w := range ways {
		if err := w.check(); err != nil {
			return err
		}
	}
	return nil
}

func (w Way) check() error {
	if w.Address == "" || len(w.Address) > maxAddress || len(w.Secret) > maxAddress || strings.ContainsAny(w.Address, "\r\n\x00") {
		return community.Errorf(community.CodeBadInput, "address: want 1 to %d bytes on one line", maxAddress)
	}
	switch w.Kind {
	case ByMail:
		if name, host, ok := strings.Cut(w.Address, "@"); !ok || name == "" || host == "" || strings.ContainsAny(w.Address, " <>,;") {
			return community.Errorf(community.CodeBadInput, "address: want name@host")
		}
	case ByWebhook:
		if u, err := url.Parse(w.Address); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return community.Errorf(community.CodeBadInput, "address: want http:// or https:// and a host")
		}
		if w.Secret == "" {
			return community.Errorf(community.CodeBadInput, "secret: a webhook is signed, so it needs one")
		}
	case ByGroup:
		if _, err := community.ParseID(w.Address); err != nil {
			return community.Errorf(community.CodeBadInput, "address: want the id of a group")
		}
	case ByWeCom:
	default:
		return community.Errorf(community.CodeBadInput, "way: no %q", w.Kind)
	}
	return nil
}

// KeepSecrets gives webhooks without a secret the one that they had, as long as the address stays.
func KeepSecrets(ways, old []Way) []Way {
	out := slices.Clone(ways)
	for i, w := range out {
		if w.Kind != ByWebhook || w.Secret != "" {
			continue
		}
		if j := slices.IndexFunc(old, func(o Way) bool { return o.Kind == w.Kind && o.Address == w.Address }); j >= 0 {
			out[i].Secret = old[j].Secret
		}
	}
	return out
}
