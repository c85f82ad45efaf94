package api

import (
	"io"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/poster"
	"qunluo/internal/table"
)

// brought is what a file brought into a shared table.
type brought struct {
	Table    sharedTable `json:"table"`
	Rows     int         `json:"rows" doc:"that were added"`
	Unknown  []string    `json:"unknown" doc:"heads that the table has no column for: they are left out"`
	Formulas int         `json:"formulas" doc:"cells that begin as a formula does: kept as text"`
}

// tableSet is what a shared table is to be.
type tableSet struct {
	byID
	Body struct {
		Seen    int64          `json:"seen" minimum:"0" doc:"shape of the table as it was seen, a conflict if there is another since"`
		Title   string         `json:"title" minLength:"1" maxLength:"80"`
		Note    string         `json:"note,omitempty" maxLength:"500"`
		Access  string         `json:"access" enum:"staff,view,edit"`
		Columns []table.Column `json:"columns" minItems:"1" maxItems:"40" doc:"in their order; one without an id is new, one with gone is taken out"`
		Maybe
	}
}

// OutsideDoc is a document kept elsewhere, as a call describes it.
type OutsideDoc struct {
	Title   string `json:"title" minLength:"1" maxLength:"100"`
	Link    string `json:"link" minLength:"1" maxLength:"2000"`
	Owner   string `json:"owner" maxLength:"40" doc:"id of who answers for it"`
	Purpose string `json:"purpose" minLength:"1" maxLength:"300" doc:"what it is for"`
	Every   int    `json:"every_days,omitempty" minimum:"0" maximum:"1000" doc:"between two looks at who may see it; 0 = once"`
	Review  day    `json:"review,omitempty" doc:"the day of the next look; left out = none"`
	Maybe
}

func (d OutsideDoc) doc() table.Doc {
	return table.Doc{Title: d.Title, Link: d.Link, Owner: d.Owner, Purpose: d.Purpose, Every: d.Every, Review: int64(d.Review)}
}

// registeredOf shows a document of the register; today is the day that due is told by, 0 = it is not.
func registeredOf(d table.Doc, today int64) registered {
	out := registered{ID: d.ID, Title: d.Title, Link: d.Link, Owner: d.Owner, Purpose: d.Purpose, Version: d.Version, Due: today != 0 && d.Due(today), Last: moment(d.Reviewed), Note: d.Note}
	if d.Group != 0 {
		out.Group = &d.GroupID
	}
	if d.Review > 0 {
		out.Review = measure.Day(d.Review).String()
	}
	return out
}

// readUpload reads a file whole and says what it is called.
func readUpload(f upload, name string) ([]byte, string, error) {
	raw, err := io.ReadAll(f)
	if name == "" {
		name = f.Name
	}
	return raw, name, err
}

// tableLink is where everybody with the address sees or edits a shared table.
type tableLink struct {
	Path string `json:"link"`
}

func tableMoreLines() []line {
	const area = community.AreaContent
	rooms := func(c *call) Tables { return room(c, c.a.deps.Rooms.Tables) }
	return []line{
		on("addTableFrom", "POST /groups/{id}/tables/from", "Make a shared table of a group from a file: CSV, XLSX, or rows with tabs", area, []string{"POST /tables/from"}, inGroup(func(c *call, in *struct {
			byID
			Title  string `query:"title" maxLength:"80"`
			Note   string `query:"note" maxLength:"500"`
			Access string `query:"access" enum:"staff,view,edit" default:"staff"`
			Name   string `query:"name" maxLength:"200" doc:"of the file"`
			File   upload `most:"8"`
		}, g community.GroupRow) (brought, error) {
			raw, name, err := readUpload(in.File, in.Name)
			if err != nil {
				return brought{}, err
			}
			t, got, err := rooms(c).Add(c.ctx(), c.who(), table.Table{Group: g.Key, Title: in.Title, Note: in.Note, Access: table.Access(in.Access)}, name, raw)
			return brought{sharedTableOf(t), len(got.Rows), list0(got.Unknown), got.Formulas}, err
		})),
		on("importTable", "POST /tables/{id}/import", "Add the rows of a file to a shared table, once under a key", area, []string{"POST /tables/{id}/import"}, func(c *call, in *struct {
			byID
			Key  string `query:"key" maxLength:"80" doc:"of your own: with it the rows come once; left out = the call's"`
			Name string `query:"name" maxLength:"200" doc:"of the file"`
			File upload `most:"8"`
		}) (brought, error) {
			raw, name, err := readUpload(in.File, in.Name)
			if err != nil {
				return brought{}, err
			}
			if in.Key == "" {
				in.Key = c.R.Header.Get(keyHeader)
			}
			n, got, err := rooms(c).Bring(c.ctx(), c.who(), in.ID, in.Key, name, raw)
			if err != nil {
				return brought{}, err
			}
			t, err := rooms(c).ByID(c.ctx(), in.ID)
			return brought{sharedTableOf(t), n, list0(got.Unknown), got.Formulas}, err
		}),
		on("getTableFile", "GET /tables/{id}/file", "A shared table as a file", area, []string{"GET /tables/{id}/file"}, func(c *call, in *struct {
			byID
			Form string `query:"form" enum:"csv,xlsx" default:"csv"`
		}) (download, error) {
			t, err := rooms(c).ByID(c.ctx(), in.ID)
			if err == nil {
				err = c.mayCarryOff(community.Page{Limit: t.Rows}, t.Rows)
			}
			if err != nil {
				return download{}, err
			}
			kind := map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[in.Form]
			return download{kind, "table." + in.Form, func(w io.Writer) error { return rooms(c).Write(c.ctx(), in.ID, in.Form, table.View{}, w) }}, nil
		}),
		on("setTable", "PUT /tables/{id}", "Change title, access and columns of a shared table", area, []string{"POST /tables/{id}/settings"}, func(c *call, in *tableSet) (sharedTable, error) {
			b := in.Body
			t, err := rooms(c).Set(c.ctx(), c.who(), in.ID, b.Seen, table.Table{Title: b.Title, Note: b.Note, Access: table.Access(b.Access), Columns: b.Columns}, b.Reason)
			return sharedTableOf(t), err
		}),
		on("closeTable", "POST /tables/{id}/close", "Put a shared table away, or take it back", area, []string{"POST /tables/{id}/close", "POST /tables/{id}/reopen"}, func(c *call, in *struct {
			byID
			Body struct {
				Closed bool `json:"closed"`
				Maybe
			}
		}) (sharedTable, error) {
			t, err := rooms(c).Close(c.ctx(), c.who(), in.ID, in.Body.Closed, in.Body.Reason)
			return sharedTableOf(t), err
		}),
		on("relinkTable", "POST /tables/{id}/relink", "Give a shared table other addresses; the old ones end at once", area, []string{"POST /tables/{id}/relink"}, func(c *call, in *maybeOrder) (sharedTable, error) {
			t, err := rooms(c).Relink(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return sharedTableOf(t), err
		}),
		on("getTableLink", "GET /tables/{id}/link", "Where everybody with the address sees or edits a shared table", area, []string{"GET /tables/{id}/links"}, func(c *call, in *byID) (tableLink, error) {
			path, err := rooms(c).Link(c.ctx(), in.ID, 0)
			return tableLink{path}, err
		}),
		on("listTableLinks", "GET /tables/{id}/links", "The addresses by which members see or edit a shared table of their group", area, []string{"GET /tables/{id}/links"}, func(c *call, in *linkQuery) (list[personalLink], error) {
			t, err := rooms(c).ByID(c.ctx(), in.ID)
			if err != nil {
				return list[personalLink]{}, err
			}
			if t.Group == 0 {
				return list[personalLink]{}, community.Errorf(community.CodeNotFound, "table %s: of no group", in.ID)
			}
			return c.memberLinks(t.Group, in, func(m community.MemberKey) (string, error) { return rooms(c).Link(c.ctx(), in.ID, m) })
		}),
		on("addDocument", "POST /documents", "Enter a document kept elsewhere into the register", area, []string{"POST /documents"}, func(c *call, in *struct {
			Body struct {
				Group community.ID `json:"group,omitempty" doc:"left out = of the whole organisation"`
				OutsideDoc
			}
		}) (registered, error) {
			g, err := c.group(in.Body.Group)
			if err != nil {
				return registered{}, err
			}
			d := in.Body.doc()
			d.Group = g.Key
			d, err = rooms(c).SaveDoc(c.ctx(), c.who(), d, in.Body.Reason)
			return registeredOf(d, 0), err
		}),
		on("setDocument", "PUT /documents/{id}", "Change a document of the register", area, []string{"POST /documents/{id}"}, func(c *call, in *struct {
			byID
			Body struct {
				Version int64 `json:"version" minimum:"1" doc:"that was seen: a conflict if there is another since"`
				OutsideDoc
			}
		}) (registered, error) {
			d := in.Body.doc()
			d.ID, d.Version = in.ID, in.Body.Version
			d, err := rooms(c).SaveDoc(c.ctx(), c.who(), d, in.Body.Reason)
			return registeredOf(d, 0), err
		}),
		on("reviewDocument", "POST /documents/{id}/review", "Note that somebody looked at who may see a document", area, []string{"POST /documents/{id}/review"}, func(c *call, in *struct {
			byID
			Body struct {
				Note string `json:"note" minLength:"1" maxLength:"500" doc:"what they found"`
			}
		}) (registered, error) {
			d, err := rooms(c).ReviewDoc(c.ctx(), c.who(), in.ID, in.Body.Note)
			return registeredOf(d, 0), err
		}),
		on("dropDocument", "POST /documents/{id}/drop", "Take a document out of the register", area, []string{"POST /documents/{id}/drop"}, func(c *call, in *maybeOrder) (none, error) {
			return did(rooms(c).DropDoc(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
	}
}

// batch is a set of posters that is drawn.
type batch struct {
	ID      community.ID `json:"id"`
	Ref     string       `json:"ref"`
	Title   string       `json:"title"`
	Total   int          `json:"total"`
	Done    int          `json:"done"`
	State   string       `json:"state" enum:"waits,done,failed,gone"`
	Why     string       `json:"why"`
	Warned  []string     `json:"warned"`
	Bytes   int64        `json:"bytes"`
	User    string       `json:"user"`
	Created moment       `json:"created_at"`
	Ended   moment       `json:"ended_at"`
}

func batchOf(b poster.Batch) batch {
	return batch{b.ID, b.Ref, b.Title, b.Total, b.Done, b.State, b.Why, list0(b.Warned), b.Bytes, b.User, moment(b.Created), moment(b.Ended)}
}

// written gives a file that is in memory.
func written(raw []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(raw); return err }
}

// posterImage is a picture that layouts may use.
type posterImage struct {
	Hash string `json:"hash" doc:"by which layouts name it"`
}

func pictureLines() []line {
	people, content := community.AreaPeople, community.AreaContent
	posters := func(c *call) Posters { return room(c, c.a.deps.Rooms.Posters) }
	codes := func(c *call) Codes { return room(c, c.a.deps.Rooms.Codes) }
	return []line{
		on("getCodePicture", "GET /codes/{id}/qr", "A code's public address as a QR code, PNG", people, []string{"GET /codes/{id}/qr"}, func(c *call, in *byID) (download, error) {
			r, err := codes(c).ByID(c.ctx(), in.ID)
			if err != nil {
				return download{}, err
			}
			raw, err := codes(c).QR(c.a.deps.base(c.R) + "/j/" + r.Slug)
			return download{"image/png", "code-" + r.Slug + ".png", written(raw)}, err
		}),
		on("addCodePicture", "POST /codes/{id}/pictures", "Add a picture of a group's QR code as an entry", people, []string{"POST /codes/{id}/upload"}, func(c *call, in *struct {
			byID
			Group   community.ID `query:"group" doc:"id of the group that it leads to"`
			Expires moment       `query:"expires_at" doc:"left out = as the platform's codes do"`
			Most    int64        `query:"most" minimum:"0" doc:"scans it lives for; 0 = no bound"`
			File    upload       `most:"8"`
		}) (entry, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Group)
			if err != nil {
				return entry{}, err
			}
			raw, _, err := readUpload(in.File, "")
			if err != nil {
				return entry{}, err
			}
			e, err := codes(c).AddEntry(c.ctx(), c.who(), in.ID, admit.Entry{Group: g.Key, Expires: int64(in.Expires), Most: in.Most}, raw)
			return entryOf(e), err
		}),
		on("getOutcomePicture", "GET /calendar/{id}/picture", "The outcome of a poll as a picture, PNG", content, []string{"GET /calendar/{id}/picture"}, func(c *call, in *struct {
			byID
			Lang string `query:"lang" enum:"zh-CN,en" default:"zh-CN"`
		}) (download, error) {
			raw, err := c.calendars().OutcomePicture(c.ctx(), in.Lang, in.ID)
			return download{"image/png", "poll.png", written(raw)}, err
		}),
		admin(on("setCalendarSlots", "PUT /calendar-slots", "Change the slots that come back, all of them", content, []string{"POST /calendar/slots"}, func(c *call, in *struct {
			Body struct {
				Slots []plan.Fixture `json:"slots" maxItems:"200"`
				Maybe
			}
		}) (list[plan.Fixture], error) {
			if err := c.calendars().SaveFixtures(c.ctx(), c.who(), list0(in.Body.Slots), in.Body.Reason); err != nil {
				return list[plan.Fixture]{}, err
			}
			rows, err := c.calendars().Fixtures(c.ctx())
			return whole(rows, func(f plan.Fixture) plan.Fixture { return f }), err
		})),
		on("addPosterImage", "POST /posters/images", "Keep a picture that layouts of posters may use", content, []string{"POST /posters/image"}, func(c *call, in *struct {
			File upload `most:"8"`
		}) (posterImage, error) {
			raw, _, err := readUpload(in.File, "")
			hash := ""
			if err == nil {
				hash, err = posters(c).AddImage(c.ctx(), raw)
			}
			return posterImage{hash}, err
		}),
		on("makeGIF", "POST /posters/gif", "Make a moving picture of pictures that are kept; it is kept, too, see getFile", content, []string{"POST /posters/gif"}, func(c *call, in *struct {
			Body struct {
				Frames []community.ID `json:"frames" minItems:"1" maxItems:"60" doc:"files, see keepFile"`
				Delay  int            `json:"delay,omitempty" minimum:"0" maximum:"1000" doc:"between two, in hundredths of a second; left out = 50"`
				Wide   int            `json:"wide,omitempty" minimum:"0" maximum:"720" doc:"pixels, at least 120; left out = 480"`
			}
		}) (plan.Piece, error) {
			plans := room(c, c.a.deps.Rooms.Plans)
			var files [][]byte
			for _, id := range in.Body.Frames {
				f, err := plans.FileContent(c.ctx(), id)
				if err != nil {
					return plan.Piece{}, err
				}
				files = append(files, f.Data)
			}
			delay, wide := in.Body.Delay, in.Body.Wide
			if delay == 0 {
				delay = 50
			}
			if wide == 0 {
				wide = 480
			}
			raw, err := posters(c).Frames(c.ctx(), files, delay, wide)
			if err != nil {
				return plan.Piece{}, err
			}
			return plans.KeepFile(c.ctx(), c.who(), "moving.gif", raw)
		}),
		on("getFile", "GET /files/{id}", "A file that is kept", content, []string{"GET /files/{id}"}, func(c *call, in *byID) (download, error) {
			f, err := room(c, c.a.deps.Rooms.Plans).FileContent(c.ctx(), in.ID)
			return download{f.Type, f.Name, written(f.Data)}, err
		}),
		on("batchPostersFrom", "POST /posters/batch/from", "Draw a poster for each row of a CSV, as a job", content, []string{"POST /posters/table"}, func(c *call, in *struct {
			Ref    string `query:"ref" minLength:"1" maxLength:"100"`
			Reason string `query:"reason" maxLength:"500"`
			File   upload `most:"2"`
		}) (batch, error) {
			raw, _, err := readUpload(in.File, "")
			if err != nil {
				return batch{}, err
			}
			rows, err := poster.ReadTable(raw)
			if err != nil {
				return batch{}, err
			}
			b, err := posters(c).Batch(c.ctx(), c.who(), poster.Order{Ref: in.Ref, People: rows}, in.Reason)
			return batchOf(b), err
		}),
		on("listPosterBatches", "GET /posters/batches", "Sets of posters that were drawn or are being drawn", content, []string{"GET /posters"}, func(c *call, _ *struct{}) (list[batch], error) {
			rows, err := posters(c).Batches(c.ctx())
			return whole(rows, batchOf), err
		}),
		on("getPosterBatch", "GET /posters/batches/{id}/zip", "A set of posters as ZIP", content, []string{"GET /posters/batches/{id}/zip"}, func(c *call, in *byID) (download, error) {
			f, _, err := posters(c).BatchFile(c.ctx(), in.ID)
			return download{"application/zip", "posters-" + in.ID.String() + ".zip", func(w io.Writer) error {
				defer f.Close() //nolint:errcheck // it was read
				_, err := io.Copy(w, f)
				return err
			}}, err
		}),
		admin(on("saveTemplate", "POST /groups/{id}/template/save", "Keep how a group is set as a template", people, []string{"POST /groups/{id}/template/save"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Name  string `json:"name" minLength:"1" maxLength:"60"`
				Title string `json:"title" minLength:"1" maxLength:"100"`
				Type  string `json:"type" minLength:"1" maxLength:"40"`
				Lang  string `json:"lang" enum:"zh-CN,en"`
				Maybe
			}
		}, g community.GroupRow) (template, error) {
			b := in.Body
			k, err := room(c, c.a.deps.Rooms.Foundings).SaveFrom(c.ctx(), c.who(), g.Key, founding.Template{Name: b.Name, Title: b.Title, Type: b.Type, Lang: b.Lang, Summary: b.Title, KPI: founding.KPIOf(b.Type)}, nil, b.Reason)
			return templateOf(k), err
		}))),
		admin(on("agreeModelAbroad", "POST /model/abroad", "Agree that what the language model is asked goes abroad", community.AreaSystem, []string{"POST /model/abroad"}, func(c *call, in *struct{ Body Because }) (none, error) {
			_, err := c.models().Agree(c.ctx(), c.who(), in.Body.Reason)
			return did(err)
		})),
		admin(on("testModel", "POST /model/test", "Ask the language model for something harmless", community.AreaSystem, []string{"POST /model/test"}, func(c *call, in *struct {
			Body struct {
				Lang string `json:"lang" enum:"zh-CN,en"`
			}
		}) (wording, error) {
			p, err := c.models().Test(c.ctx(), c.who(), in.Body.Lang)
			return c.wordingOf(p), err
		})),
		on("takeTopic", "POST /wordings/{id}/topic", "Put a wording into the queue of topics", content, []string{"POST /wordings/{id}/topic"}, func(c *call, in *struct {
			byID
			Body struct {
				Choice int    `json:"choice" minimum:"0" maximum:"100" doc:"which of the wording's choices, from 0"`
				Title  string `json:"title" minLength:"1" maxLength:"100"`
				Text   string `json:"text" minLength:"1" maxLength:"4000" doc:"as it is to be said"`
			}
		}) (queuedTopic, error) {
			b := in.Body
			t, err := c.models().TakeTopic(c.ctx(), c.who(), in.ID, b.Choice, b.Title, b.Text)
			return topicOf(t), err
		}),
	}
}

// pasteHow says what a text that people bring by hand is.
type pasteHow struct {
	byID
	Kind string `query:"kind" enum:"talk,roster" default:"talk" doc:"copied messages, or a list of members"`
	At   moment `query:"at" doc:"when it was copied; left out = now"`
	File upload `most:"8"`
}

func pasteLines() []line {
	const area = community.AreaPeople
	rooms := func(c *call) Pastes { return room(c, c.a.deps.Rooms.Pastes) }
	now := func(c *call, g community.GroupRow, run community.ID, err error) (importRun, error) {
		if err != nil {
			return importRun{}, err
		}
		r, err := rooms(c).Run(c.ctx(), g, run)
		return importOf(r), err
	}
	return []line{
		on("tryPaste", "POST /groups/{id}/paste", "Read a text that somebody copied from a group, UTF-8, and report what it would bring; nothing is written", area, []string{"POST /groups/{id}/paste", "GET /groups/{id}/paste"}, inGroup(func(c *call, in *pasteHow, g community.GroupRow) (importRun, error) {
			raw, _, err := readUpload(in.File, "")
			if err != nil {
				return importRun{}, err
			}
			at := int64(in.At)
			if at == 0 {
				at = c.now()
			}
			run, err := rooms(c).Try(c.ctx(), c.who(), g, in.Kind, raw, at)
			return now(c, g, run, err)
		})),
		on("getPaste", "GET /groups/{id}/paste/{run}", "What a text would bring, or brought", area, []string{"GET /groups/{id}/paste/{run}"}, inGroup(func(c *call, in *struct {
			byID
			Run community.ID `path:"run"`
		}, g community.GroupRow) (importRun, error) {
			return now(c, g, in.Run, nil)
		})),
		on("stepPaste", "POST /groups/{id}/paste/{run}/{step}", "Keep what a text brings, try it again with people renamed, or take it back", area, []string{"POST /groups/{id}/paste/{run}/{step}"}, inGroup(func(c *call, in *struct {
			byID
			Run  community.ID `path:"run"`
			Step string       `path:"step" enum:"save,again,undo"`
			Body struct {
				Renamed map[string]string `json:"renamed,omitempty" doc:"with again: old names by new ones"`
				Maybe
			}
		}, g community.GroupRow) (importRun, error) {
			if in.Step == "undo" && in.Body.Reason == "" {
				return importRun{}, unfit([]error{fault("body.reason", "to take something back it is wanted")})
			}
			run, err := rooms(c).Step(c.ctx(), c.who(), g, in.Run, in.Step, in.Body.Renamed, in.Body.Reason)
			return now(c, g, run, err)
		})),
	}
}
