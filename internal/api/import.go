package api

import (
	"context"
	"io"

	"qunluo/internal/community"
)

// Imports reads files in and takes imports back.
type Imports interface {
	Formats() []string
	// Start keeps the file and begins to read it; the run goes on after ctx ends.
	Start(ctx context.Context, user string, org community.OrgKey, o ImportOrder) (community.ID, error)
	// Again tries the kept file of a dry run once more with other settings, Commit reads it in earnest; both give the new run.
	// CodeNotFound: the file is no longer kept. CodeConflict: something is left to decide.
	Again(ctx context.Context, user string, org community.OrgKey, run community.ID, o ImportOrder) (community.ID, error)
	Commit(ctx context.Context, user string, org community.OrgKey, run community.ID) (community.ID, error)
	Undo(ctx context.Context, user string, org community.OrgKey, run community.ID, reason string) error
}

// Pastes reads what people bring of a group by hand (人工通道).
type Pastes interface {
	// Try reads a text without writing; kind is talk or roster, at when it was copied (UTC ms).
	Try(ctx context.Context, user string, g community.GroupRow, kind string, text []byte, at int64) (community.ID, error)
	// Run finds a run that was brought by hand in a group; community.CodeNotFound.
	Run(ctx context.Context, g community.GroupRow, run community.ID) (community.ImportRow, error)
	// Step is save, again (with old names by new ones) or undo; it gives the run that follows.
	Step(ctx context.Context, user string, g community.GroupRow, run community.ID, step string, renamed map[string]string, reason string) (community.ID, error)
}

// ImportOrder says what to import; the first reading of a file never writes.
type ImportOrder struct {
	Name     string // of the file
	File     io.Reader
	Format   string             // "" = find out
	Zone     string             // for times without one; "" = Asia/Shanghai, and events say that it was guessed
	Group    community.GroupKey // 0 = as the file says
	Called   string             // instead of Group: a group by id or name; a name that no group has makes one
	Chats    []string           // of several in a file; nil = all
	KeepNear bool               // take in what another program's records are near to
	At       int64              // when a list of members was read, UTC ms; 0 = the file does not say
}

type importHow struct {
	Format string       `query:"format" maxLength:"40" doc:"left out = find out"`
	Zone   string       `query:"zone" maxLength:"60" doc:"for times without one: IANA, or +08:00"`
	Group  community.ID `query:"group" doc:"that everything belongs to; left out = as the file says"`
	Called string       `query:"new_group" maxLength:"100" doc:"instead of group: a name; one that no group has makes one"`
	Near   bool         `query:"keep_near" doc:"take in what another program's records are near to"`
	At     moment       `query:"at" doc:"when a list of members was read, where the file does not say"`
}

func (c *call) importOrder(h importHow) (ImportOrder, error) {
	g, err := c.group(h.Group)
	if err == nil && g.Key != 0 && h.Called != "" {
		err = community.Errorf(community.CodeBadInput, "new_group: a group is named already")
	}
	return ImportOrder{Format: h.Format, Zone: h.Zone, Group: g.Key, Called: h.Called, KeepNear: h.Near, At: int64(h.At)}, err
}

// importNow is how a run stands.
func (c *call) importNow(id community.ID, err error) (importRun, error) {
	if err != nil {
		return importRun{}, err
	}
	r, err := c.desk.ImportByID(c.ctx(), id)
	return importOf(r), err
}

// importKinds is what files can be read.
type importKinds struct {
	Formats []string `json:"formats"`
}

func importLines() []line {
	area := community.AreaSystem
	return []line{
		admin(on("tryImport", "POST /imports", "Read a file and report what importing it would do; nothing is written. Ask getImport for how it goes", area, []string{"POST /imports"}, func(c *call, in *struct {
			Name string `query:"name" maxLength:"200" doc:"of the file"`
			importHow
			File upload `most:"512"`
		}) (importRun, error) {
			o, err := c.importOrder(in.importHow)
			if err != nil {
				return importRun{}, err
			}
			if o.Name, o.File = in.Name, in.File; o.Name == "" {
				o.Name = in.File.Name
			}
			if o.Name == "" {
				return importRun{}, unfit([]error{fault("query.name", "want what the file is called")})
			}
			return c.importNow(c.a.deps.Rooms.Imports.Start(c.ctx(), c.who(), c.User.Org, o))
		})),
		admin(on("retryImport", "POST /imports/{id}/again", "Try the kept file of a trial with other settings", area, []string{"POST /imports/{id}/again"}, func(c *call, in *struct {
			byID
			Body struct {
				Format string       `json:"format,omitempty" maxLength:"40"`
				Zone   string       `json:"zone,omitempty" maxLength:"60"`
				Group  community.ID `json:"group,omitempty"`
				Called string       `json:"new_group,omitempty" maxLength:"100"`
				Near   bool         `json:"keep_near,omitempty"`
				At     moment       `json:"at,omitempty"`
				Chats  []string     `json:"chats,omitempty" maxItems:"1000" doc:"of several in the file; empty = all"`
			}
		}) (importRun, error) {
			b := in.Body
			o, err := c.importOrder(importHow{b.Format, b.Zone, b.Group, b.Called, b.Near, b.At})
			if err != nil {
				return importRun{}, err
			}
			if len(b.Chats) > 0 {
				o.Chats = b.Chats
			}
			return c.importNow(c.a.deps.Rooms.Imports.Again(c.ctx(), c.who(), c.User.Org, in.ID, o))
		})),
		admin(on("commitImport", "POST /imports/{id}/commit", "Read the kept file of a trial in earnest", area, []string{"POST /imports/{id}/commit"}, func(c *call, in *byID) (importRun, error) {
			return c.importNow(c.a.deps.Rooms.Imports.Commit(c.ctx(), c.who(), c.User.Org, in.ID))
		})),
		admin(on("listImportFormats", "GET /import-formats", "What files can be read", area, []string{"GET /imports"}, func(c *call, _ *struct{}) (importKinds, error) {
			return importKinds{c.a.deps.Rooms.Imports.Formats()}, nil
		})),
	}
}
