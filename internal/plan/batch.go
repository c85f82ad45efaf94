package plan

import "qunluo/internal/community"

// MaxBatch is how many groups one person is asked to confirm for at once (企业微信: 2000 of one sender).
const MaxBatch = 2000

// Way is how a group is reached: by which connection, and who must confirm there. Two groups with the same way to confirm
// are one request to that person.
type Way struct {
	Verb    community.Verb
	Level   community.Level
	Account community.AccountKey
	Owner   string // as the platform calls them; "" = not known, so that the platform's connection finds out
	Until   int64  // from when on the platform allows it; 0 = now
	Takes   Carries
}

// Together reports whether two groups are asked for in one go.
func (w Way) Together(other Way) bool {
	return w.Verb == community.MassSend && other.Verb == community.MassSend && w.Account == other.Account && w.Owner == other.Owner
}
