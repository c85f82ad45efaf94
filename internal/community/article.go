package community

// ArticleDay is what a platform says of one article on one day: totals of readings that name nobody.
type ArticleDay struct {
	Article string // the platform's id
	Title   string
	People  int64 // who opened it that day; the same person counts on each day
	Times   int64 // how often
	Shares  int64
	Saves   int64 // who saved it
}

// Article (图文消息) is what an official account keeps in its draft box until a person publishes it there.
type Article struct {
	Title  string
	Author string
	Digest string
	HTML   string // paragraphs and pictures, every word escaped
	Source string // where 阅读原文 leads; "" = nowhere
	Cover  string // the platform's id of its cover
}
