package lexicon

// Tame takes from each phrase the views through which it is found in innocent texts, a group's own past: what its people write
// anyhow is no disguise there. A phrase that is found as it is written keeps its views; that is for whoever keeps the list to judge.
func Tame(phrases []Phrase, innocent func(yield func(text string) bool)) ([]Phrase, error) {
	m, err := CompileViews(phrases)
	if err != nil {
		return nil, err
	}
	tame := append([]Phrase(nil), phrases...)
	var buf []Match
	for text := range innocent {
		buf = m.Find(text, buf[:0])
		for _, hit := range buf {
			tame[hit.Phrase].Views &^= hit.View
		}
	}
	return tame, nil
}
