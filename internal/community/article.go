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
