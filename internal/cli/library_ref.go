package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/rights"
	"qunluo/internal/shelf"
)

// librarySaid is what was said of an item by name in one of its versions.
type librarySaid struct {
	Version  int    `json:"version" col:"版本|version"`
	Steps    int    `json:"steps" col:"SOP|by SOPs"`
	Welcomes int    `json:"welcomes" col:"欢迎|welcomes"`
	Last     Moment `json:"last_at" col:"最近|last"`
}

type librarySaidCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (librarySaidCmd) Shape() any          { return rowsOf[librarySaid]() }
func (librarySaidCmd) Examples() []example { return nil }

// Do counts what was said by name.
func (q *librarySaidCmd) Do(c *call, h *House) error {
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		list, err := lib.Said(c.ctx, id)
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(s shelf.SaidOf) librarySaid { return librarySaid{s.Version, s.Steps, s.Welcomes, Moment(s.At)} }), len(list))
	})
}

// libraryGreets is what came of it.
type libraryGreets struct {
	Group   string `json:"group" col:"群|group"`
	Version int    `json:"version" col:"群规版本|version of the rules"`
}

type libraryGreetCmd struct {
	ID    string `arg:"" help:"编号|id"`
	Group string `arg:"" help:"哪个群|which group"`
	Note  string `placeholder:"TEXT" help:"为什么|why"`
	named
	moveFlags
}

func (libraryGreetCmd) Shape() any          { return libraryGreets{} }
func (libraryGreetCmd) Examples() []example { return nil }

// Needs is what it takes.
func (*libraryGreetCmd) Needs() rights.Power { return rights.Publish }

// Do puts the group's rules in force with a welcome that names the item.
func (q *libraryGreetCmd) Do(c *call, h *House) error {
	if err := q.check(); err != nil {
		return err
	}
	return c.onLibrary(h, q.ID, func(lib Libraries, id community.ID) error {
		_, g, _, err := c.place(h, q.Group, "")
		if err != nil {
			return err
		}
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		version, err := lib.Greet(q.aim(c.ctx), who, id, g.Key, q.Note)
		if err != nil {
			return err
		}
		return printOne(c, libraryGreets{g.Name, version})
	})
}
