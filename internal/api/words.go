package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

// Words keeps word lists.
type Words interface {
	Find(ctx context.Context, p community.Page) ([]wordlist.List, int, error)
	ByID(ctx context.Context, id community.ID) (wordlist.List, error)
	New(ctx context.Context, user string, l wordlist.List, reason string) (wordlist.List, error)
	Set(ctx context.Context, user string, l wordlist.List, closed bool, reason string) error
	List(ctx context.Context, id community.ID, f wordlist.Filter) ([]wordlist.Entry, int, error)
	Add(ctx context.Context, user string, id community.ID, rows []wordlist.Row, reason string) (wordlist.Version, []wordlist.Linted, error)
	Edit(ctx context.Context, user string, id community.ID, numbers []int64, p wordlist.Patch, reason string) (wordlist.Version, error)
	Versions(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Version, int, error)
	Rollback(ctx context.Context, user string, id community.ID, to int, reason string) (wordlist.Version, error)
	WordWork
}

// wordList is a word list.
type wordList struct {
	ID        community.ID `json:"id"`
	Name      string       `json:"name"`
	Note      string       `json:"note"`
	Version   int          `json:"version"`
	Active    int          `json:"active"`
	Held      int          `json:"held" doc:"in quarantine"`
	Suspended int          `json:"suspended"`
	Groups    int          `json:"groups" doc:"that use it"`
	Behind    int          `json:"behind" doc:"of these, with an older version"`
	Created   moment       `json:"created_at"`
	Changed   moment       `json:"changed_at"`
	Closed    moment       `json:"closed_at"`
}

func wordListOf(l wordlist.List) wordList {
	return wordList{l.ID, l.Name, l.Note, l.Version, l.Active, l.Held, l.Suspended, l.Groups, l.Behind, moment(l.Created), moment(l.Changed), moment(l.Closed)}
}

// word is a word of a list.
type word struct {
	Number   int64  `json:"number" doc:"within its list"`
	Text     string `json:"text"`
	Category string `json:"category"`
	Level    int    `json:"level"`
	Expires  moment `json:"expires_at"`
	State    string `json:"state"`
	Why      string `json:"why"`
	Since    int    `json:"since" doc:"the version from which on it is so"`
}

func wordOf(e wordlist.Entry) word {
	return word{e.Number, e.Text, e.Category, int(e.Level), moment(e.Expires), string(e.State), e.Why, e.Since}
}

type wordVersion struct {
	Version int    `json:"version"`
	At      moment `json:"at"`
	User    string `json:"user"`
	Kind    string `json:"kind"`
	Note    string `json:"note"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	Changed int    `json:"changed"`
}

func wordVersionOf(v wordlist.Version) wordVersion {
	return wordVersion{v.Number, moment(v.At), v.User, v.Kind, v.Note, v.Added, v.Removed, v.Changed}
}

type wordQuery struct {
	byID
	Text     string `query:"text" maxLength:"100"`
	Category string `query:"category" maxLength:"100"`
	State    string `query:"state" enum:"active,held,suspended"`
	Version  int    `query:"version" minimum:"0" doc:"0 = now"`
	paging
	sorting
}

type newWord struct {
	Text     string `json:"text" minLength:"1" maxLength:"200"`
	Category string `json:"category,omitempty" maxLength:"100"`
	Level    string `json:"level,omitempty" maxLength:"2" doc:"a number"`
	Expires  string `json:"expires,omitempty" maxLength:"10" doc:"YYYY-MM-DD: the last day on which it counts"`
}

type newWords struct {
	byID
	Body struct {
		Words []newWord `json:"words" minItems:"1" maxItems:"1000"`
		Maybe
	}
}

type wordsAdded struct {
	Version wordVersion `json:"version"`
	Linted  []linted    `json:"linted" doc:"what became of each"`
}

type wordVersionAnswer struct {
	Version wordVersion `json:"version"`
}

type linted struct {
	Line  int    `json:"line"`
	Text  string `json:"text"`
	State string `json:"state"`
	Why   string `json:"why"`
}

type wordEdit struct {
	byID
	Body struct {
		Numbers []int64 `json:"numbers" minItems:"1" maxItems:"1000"`
		Do      string  `json:"do" enum:"release,suspend,remove"`
		Maybe
	}
}

func addWords(c *call, in *newWords) (wordsAdded, error) {
	rows := make([]wordlist.Row, len(in.Body.Words))
	for i, w := range in.Body.Words {
		rows[i] = wordlist.Row{Line: i + 1, Text: w.Text, Category: w.Category, Level: w.Level, Expires: w.Expires}
	}
	v, found, err := room(c, c.a.deps.Rooms.Words).Add(c.ctx(), c.who(), in.ID, rows, in.Body.Reason)
	return wordsAdded{wordVersionOf(v), mapped(found, func(l wordlist.Linted) linted {
		return linted{l.Line, l.Entry.Text, string(l.Entry.State), l.Entry.Why}
	})}, err
}

func wordLines() []line {
	area := community.AreaOrder
	return []line{
		on("listWordLists", "GET /word-lists", "Word lists", area, []string{"GET /words"}, func(c *call, in *sorted) (list[wordList], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[wordList]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Words).Find(c.ctx(), p)
			return listed(c, p, rows, total, wordListOf), err
		}),
		on("getWordList", "GET /word-lists/{id}", "One word list", area, []string{"GET /words/{id}"}, func(c *call, in *byID) (wordList, error) {
			l, err := room(c, c.a.deps.Rooms.Words).ByID(c.ctx(), in.ID)
			return wordListOf(l), err
		}),
		admin(on("addWordList", "POST /word-lists", "A new word list", area, []string{"POST /words"}, func(c *call, in *struct {
			Body struct {
				Name string `json:"name" minLength:"1" maxLength:"60"`
				Note string `json:"note,omitempty" maxLength:"500"`
				Maybe
			}
		}) (wordList, error) {
			l, err := room(c, c.a.deps.Rooms.Words).New(c.ctx(), c.who(), wordlist.List{Name: in.Body.Name, Note: in.Body.Note}, in.Body.Reason)
			return wordListOf(l), err
		})),
		on("listWords", "GET /word-lists/{id}/words", "Words of a list", area, []string{"GET /words/{id}", "GET /words/{id}/export"}, func(c *call, in *wordQuery) (list[word], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[word]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Words).List(c.ctx(), in.ID, wordlist.Filter{Text: in.Text, Category: in.Category, State: wordlist.State(in.State), Version: in.Version, Page: p})
			return listed(c, p, rows, total, wordOf), err
		}),
		admin(on("addWords", "POST /word-lists/{id}/words", "Add words; each is examined first", area, []string{"POST /words/{id}/add"}, addWords)),
		admin(on("editWords", "POST /word-lists/{id}/words/edit", "Release, suspend or remove words", area, []string{"POST /words/{id}/edit"}, func(c *call, in *wordEdit) (wordVersionAnswer, error) {
			p := wordlist.Patch{Release: in.Body.Do == "release", Suspend: in.Body.Do == "suspend", Remove: in.Body.Do == "remove"}
			v, err := room(c, c.a.deps.Rooms.Words).Edit(c.ctx(), c.who(), in.ID, in.Body.Numbers, p, in.Body.Reason)
			return wordVersionAnswer{wordVersionOf(v)}, err
		})),
		on("listWordVersions", "GET /word-lists/{id}/versions", "Versions of a list", area, []string{"GET /words/{id}/versions"}, func(c *call, in *groupPaging) (list[wordVersion], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[wordVersion]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Words).Versions(c.ctx(), in.ID, p)
			return listed(c, p, rows, total, wordVersionOf), err
		}),
		admin(on("rollbackWords", "POST /word-lists/{id}/versions/{version}/rollback", "Go back to a version of a list", area, []string{"POST /words/{id}/versions/{n}/rollback"}, func(c *call, in *struct {
			bookPath
			Body Because
		}) (wordVersionAnswer, error) {
			v, err := room(c, c.a.deps.Rooms.Words).Rollback(c.ctx(), c.who(), in.ID, in.Version, in.Body.Reason)
			return wordVersionAnswer{wordVersionOf(v)}, err
		})),
	}
}

// sorted is the query of lists that only sort and page.
type sorted struct {
	paging
	sorting
}
