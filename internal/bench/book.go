package bench

import (
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/engine"
	"qunluo/internal/policy"
)

// rulebook is a live book with rules of every kind and a list of a thousand words.
func rulebook() (policy.Book, error) {
	book, err := policy.Default(policy.PresetCommercial)
	if err != nil {
		return book, err
	}
	book.Version, book.Mode, book.Name = 1, community.Live, "测量用群规"
	lists, err := json.Marshal(map[string]any{"lists": []map[string]any{{"name": "广告", "words": bannedWords()}}})
	if err != nil {
		return book, err
	}
	book.Rules = append(book.Rules, policy.Rule{ID: "words", Name: "词库", Kind: "keyword", Mode: policy.RuleLive, Params: lists})
	return book, nil
}

// deciders is the belt's table with policy as its one row.
type decider struct{ *policy.Decider }

func (d decider) New(g community.GroupKey) engine.Fold { return d.Decider.New(g) }

func (d decider) Restore(g community.GroupKey, snapshot []byte) (engine.Fold, error) {
	k, err := d.Decider.Restore(g, snapshot)
	if err != nil {
		return nil, err // not (*Keeper)(nil), which would be a Fold
	}
	return k, nil
}
