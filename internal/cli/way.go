package cli

import (
	"os"
	"strings"

	"qunluo/internal/duty"
)

// readWays reads ways as they are typed. A webhook's secret comes from a file, never from an argument; without one it
// keeps the secret it has.
func (c *call) readWays(h *House, d Duty, of string, q *userNotifyCmd) ([]duty.Way, error) {
	secret := ""
	if q.Secret != "" {
		raw, err := os.ReadFile(c.path(q.Secret))
		if err != nil {
			return nil, failed(err, "读不了密钥文件：%v", "the secret's file cannot be read: %v", err)
		}
		secret = strings.TrimSpace(string(raw))
	}
	old, err := d.Ways(c.ctx, of)
	if err != nil {
		return nil, err
	}
	var ways []duty.Way
	for _, text := range q.Ways {
		kind, address, ok := strings.Cut(text, ":")
		if !ok {
			return nil, badUsage("%q 看不懂，例如 mail:lin@example.com", "%q: want e.g. mail:lin@example.com", text)
		}
		w := duty.Way{Kind: kind, Address: address}
		switch kind {
		case duty.ByGroup:
			desk, err := c.desk(h)
			if err != nil {
				return nil, err
			}
			g, err := c.group(desk, address)
			if err != nil {
				return nil, err
			}
			w.Address = g.ID.String()
		case duty.ByWebhook:
			w.Secret = secretFor(w, secret, old)
		}
		ways = append(ways, w)
	}
	return ways, nil
}

func secretFor(w duty.Way, secret string, old []duty.Way) string {
	if secret != "" {
		return secret
	}
	for _, o := range old {
		if o.Kind == w.Kind && o.Address == w.Address {
			return o.Secret
		}
	}
	return ""
}
