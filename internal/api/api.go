package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/httpd"
)

// Base is where the API stands.
const Base = "/api/v1"

// keyHeader names the caller's own key of a writing call.
const keyHeader = "Idempotency-Key"

// Calls that are allowed per minute: of a token, and with a token that is none, of an address.
const (
	callsPerToken   = 60
	triesPerAddress = 20
)

// Tokens keeps keys and the calls made under callers' own keys.
type Tokens interface {
	// TokenByHash finds a key however it stands; community.CodeNotFound.
	TokenByHash(ctx context.Context, hash string) (community.Token, error)
	UserByID(ctx context.Context, id community.ID) (community.User, error)
	TokenUsed(ctx context.Context, key, at int64) error
	// BeginCall: fresh = it is the first under its key; else what that one was answered, status 0 = not known yet.
	// community.CodeConflict: the key was used for another call.
	BeginCall(ctx context.Context, token int64, key, bodyHash string) (fresh bool, status int, answer string, err error)
	// EndCall keeps an answer; with status 0 the call is forgotten and may come again.
	EndCall(ctx context.Context, token int64, key string, status int, answer string) error
}

// API is the door for programs.
type API struct {
	deps  Deps
	clock func() time.Time
	log   *slog.Logger
	doc   *huma.OpenAPI
	raw   func() []byte // the document as JSON, made when it is first asked for
	lines []line
	rate  *httpd.Rate
	wrong *httpd.Rate
	mux   *http.ServeMux
}

// New makes the door. Its handler expects to stand behind httpd.Edge, which gives request id and client address.
func New(d Deps) *API {
	a := &API{deps: d, clock: d.Clock, log: d.Log, doc: document(d.Version), lines: operations(), mux: http.NewServeMux()}
	if a.clock == nil {
		a.clock = time.Now
	}
	if a.log == nil {
		a.log = slog.Default()
	}
	most := d.PerMinute
	if most == 0 {
		most = callsPerToken
	}
	a.rate = httpd.NewRate(most, time.Minute, a.clock)
	a.wrong = httpd.NewRate(triesPerAddress, time.Minute, a.clock)
	for i := range a.lines {
		l := &a.lines[i]
		l.describe(a.doc)
		a.mux.Handle(l.method()+" "+Base+l.path(), a.serve(l))
	}
	a.raw = sync.OnceValue(func() []byte {
		raw, err := json.MarshalIndent(a.doc, "", "  ")
		if err != nil {
			a.log.Error("describe the API", "err", err)
		}
		return raw
	})
	for _, path := range []string{"/openapi.json", "/docs"} {
		a.mux.HandleFunc("GET "+Base+path, func(w http.ResponseWriter, r *http.Request) {
			httpd.Note(r.Context(), Base+path, nil)
			answer(w, http.StatusOK, jsonType, a.raw())
		})
	}
	a.mux.HandleFunc("/", a.nowhere)
	return a
}

// ServeHTTP answers a call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	httpd.Headers(a.mux).ServeHTTP(w, r)
}

// Document is the API's description, OpenAPI 3.1 as JSON.
func (a *API) Document() []byte { return a.raw() }

// Covered gives the console's routes that operations stand for, by the names of those.
func (a *API) Covered() map[string][]string {
	out := map[string][]string{}
	for _, l := range a.lines {
		for _, route := range l.routes {
			out[route] = append(out[route], l.name)
		}
	}
	return out
}

// Operations counts what a program can ask for.
func (a *API) Operations() (reading, writing int) {
	for _, l := range a.lines {
		if l.writes() {
			writing++
		} else {
			reading++
		}
	}
	return reading, writing
}

func document(version string) *huma.OpenAPI {
	return &huma.OpenAPI{OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "Qunluo 群落", Version: version, Description: about},
		Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", named),
			SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "A key of the console's settings or of qunluo token add."}}},
		Servers: []*huma.Server{{URL: Base}}}
}

const about = `Times are RFC 3339 in UTC with milliseconds, null = not known; ids are opaque texts. Lists give items, total and, when there is more, next: hand it in as cursor. ` +
	`Every call that changes something needs an Idempotency-Key. Errors are application/problem+json with a code. Whose role sees figures and no people is told null for counts from 1 to 9, and for shares of them. 60 calls a minute and token; 429 says in Retry-After when to come again.`

// nowhere answers addresses that no operation has, and ways of asking that an address does not know.
func (a *API) nowhere(w http.ResponseWriter, r *http.Request) {
	httpd.Note(r.Context(), Base+"/?", nil)
	var ways []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "/" && pattern != "" {
			ways = append(ways, method)
		}
	}
	if len(ways) == 0 {
		fail(w, r, Base+"/?", community.Errorf(community.CodeNotFound, "no operation here; see %s/openapi.json", Base))
		return
	}
	w.Header().Set("Allow", strings.Join(ways, ", "))
	fail(w, r, Base+"/?", &refusal{error: community.Errorf(community.CodeBadInput, "%s is not known here", r.Method), status: http.StatusMethodNotAllowed})
}

// call is one call on its way: whose, and through which handles they see and change things.
type call struct {
	a     *API
	R     *http.Request
	Token community.Token
	User  community.User
	sees  []community.GroupKey // nil = all groups of the organisation
	desk  Desk
	hands Hands
}

func (c *call) ctx() context.Context { return c.R.Context() }

// who is the person as actions and audit rows name them.
func (c *call) who() string { return c.User.ID.String() }

func (c *call) now() int64 { return c.a.clock().UnixMilli() }

// serve answers one operation: whose is the token, may they, what do they want; then the room; then the answer.
func (a *API) serve(l *line) http.Handler {
	route := l.method() + " " + Base + l.path()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpd.Note(r.Context(), route, nil)
		c, err := a.admit(l, r)
		if err != nil {
			fail(w, r, route, err)
			return
		}
		raw, up, err := l.received(w, r)
		defer up.gone()
		if err != nil {
			fail(w, r, route, err)
			return
		}
		in, err := l.read(a.doc.Components.Schemas, r, raw)
		if err != nil {
			fail(w, r, route, err)
			return
		}
		if l.file != nil {
			reflect.ValueOf(in).Elem().FieldByIndex(l.file).Set(reflect.ValueOf(up))
		}
		if !l.writes() {
			out, err := l.do(c, in)
			a.tell(w, r, route, out, err, a.few(l, c.User))
			return
		}
		a.once(w, r, route, c, raw, func() (any, error) { return l.do(c, in) })
	})
}

// received takes the body of a call: as it is, or, where it is a file, kept on disk, and then its hash stands for it.
func (l *line) received(w http.ResponseWriter, r *http.Request) (raw []byte, up upload, err error) {
	if l.file == nil {
		raw, err = bodyOf(w, r)
		return raw, up, err
	}
	up, sum, err := spool(w, r, l.most)
	return []byte(sum), up, err
}

func (a *API) tell(w http.ResponseWriter, r *http.Request, route string, out any, err error, few bool) {
	if err != nil {
		fail(w, r, route, err)
		return
	}
	if file, ok := out.(download); ok {
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
		w.Header().Set("Content-Type", file.Type)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
		if err := file.Write(w); err != nil {
			httpd.Note(r.Context(), route, err) // the answer has begun: it breaks off
		}
		return
	}
	raw, err := json.Marshal(out)
	if err == nil && few {
		raw, err = withoutFew(raw)
	}
	if err != nil {
		fail(w, r, route, err)
		return
	}
	answer(w, http.StatusOK, jsonType, raw)
}

// admit finds out who calls and whether they may: the token, its scopes, and its user's own rights.
func (a *API) admit(l *line, r *http.Request) (*call, error) {
	k, u, err := a.whose(r)
	if err != nil {
		return nil, err
	}
	if ok, wait := a.rate.Allow(k.ID.String()); !ok {
		return nil, &refusal{error: community.Errorf(community.CodeLimited, "token %s: too many calls", k.Name), wait: wait}
	}
	if need := l.needs(); l.area != anyArea && !k.May(l.area, need) {
		return nil, community.Errorf(community.CodeForbidden, "the token's scopes do not hold %s:%s", l.area, need)
	}
	if len(l.routes) > 0 && !a.deps.May(u, l.routes[0]) {
		return nil, community.Errorf(community.CodeForbidden, "role %q may not do this", u.Role)
	}
	for _, route := range l.besides {
		if !a.deps.May(u, route) {
			return nil, community.Errorf(community.CodeForbidden, "role %q is not shown what this answers", u.Role)
		}
	}
	if now := a.clock().UnixMilli(); now-k.LastUsed >= time.Minute.Milliseconds() {
		if err := a.deps.Tokens.TokenUsed(r.Context(), k.Key, now); err != nil {
			return nil, err
		}
	}
	sees, err := a.deps.Sees(r.Context(), u)
	if err != nil {
		return nil, err
	}
	// Every list takes a tag: it narrows what the caller sees, here and nowhere else. One group that is named is shown whatever it wears.
	if q := r.URL.Query(); q.Get("tag") != "" && q.Get("group") == "" && !l.writes() && l.takes("tag") && !strings.Contains(l.path(), "{") {
		if sees, err = a.deps.Tagged(r.Context(), u.Org, sees, q.Get("tag")); err != nil {
			return nil, err
		}
	}
	c := &call{a: a, R: r, Token: k, User: u, sees: sees}
	c.desk, c.hands = a.deps.For(u.Org, c.sees), a.deps.HandsFor(u.Org, c.sees)
	return c, nil
}

// HashToken is what is kept of a token's secret.
func HashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// whose finds the token of a call and its user. All that is wrong with a token sounds the same, but that it ran out.
func (a *API) whose(r *http.Request) (community.Token, community.User, error) {
	no := func(format string, args ...any) (community.Token, community.User, error) {
		if ok, wait := a.wrong.Allow(httpd.ClientIP(r.Context()).String()); !ok {
			return community.Token{}, community.User{}, &refusal{error: community.Errorf(community.CodeLimited, "too many calls with tokens that are none"), wait: wait}
		}
		return community.Token{}, community.User{}, &refusal{error: community.Errorf(community.CodeForbidden, format, args...), status: http.StatusUnauthorized}
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return no("want Authorization: Bearer TOKEN")
	}
	k, err := a.deps.Tokens.TokenByHash(r.Context(), HashToken(strings.TrimSpace(secret)))
	if community.CodeOf(err) == community.CodeNotFound {
		return no("this token is not known, or was revoked")
	}
	if err != nil {
		return k, community.User{}, err
	}
	switch k.State(a.clock().UnixMilli()) {
	case "revoked":
		return no("this token is not known, or was revoked")
	case "expired":
		return no("this token has expired")
	}
	u, err := a.deps.Tokens.UserByID(r.Context(), k.User)
	if err != nil {
		return k, u, err
	}
	if !u.Enabled || u.Org != k.Org {
		return no("this token's user may no longer sign in")
	}
	return k, u, nil
}

// waiting is the answer when so many are touched that a second person must agree first.
type waiting struct {
	Proposal community.ID `json:"proposal" doc:"see /proposals/{id}"`
	State    string       `json:"state" enum:"waiting"`
}

// once does a writing call, at most once under the caller's key.
func (a *API) once(w http.ResponseWriter, r *http.Request, route string, c *call, raw []byte, do func() (any, error)) {
	key := r.Header.Get(keyHeader)
	if n := len(key); n == 0 || n > 100 || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		fail(w, r, route, unfit([]error{&huma.ErrorDetail{Location: "header." + keyHeader, Message: "want 1 to 100 printable ASCII characters, new for every thing to be done"}}))
		return
	}
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.Query().Encode(), string(raw)} {
		h.Write([]byte(part + "\x00")) //nolint:errcheck // a hash
	}
	// What has begun is brought to its end and kept, whether the caller waits for it or not.
	ctx := context.WithoutCancel(r.Context())
	fresh, status, had, err := a.deps.Tokens.BeginCall(ctx, c.Token.Key, key, hex.EncodeToString(h.Sum(nil)))
	switch {
	case err != nil:
		fail(w, r, route, err)
	case fresh:
		c.R = r.WithContext(ctx)
		a.first(w, c, route, key, do)
	case status == 0:
		fail(w, r, route, community.Errorf(community.CodeConflict, "a call under this key was begun and has no answer yet: ask again, or look whether it was done"))
	default:
		w.Header().Set("Idempotency-Replayed", "true")
		kind := jsonType
		if status >= 400 {
			kind = problemType
		}
		answer(w, status, kind, []byte(had))
	}
}

// first does a call and keeps its answer. What was refused for want of time or room may come again under the same key.
func (a *API) first(w http.ResponseWriter, c *call, route, key string, do func() (any, error)) {
	kept := &keeping{header: w.Header()}
	out, err := do()
	var waits *bulk.Waits
	if errors.As(err, &waits) {
		raw, _ := json.Marshal(waiting{waits.Proposal, "waiting"}) // plain texts
		answer(kept, http.StatusAccepted, jsonType, raw)
	} else {
		a.tell(kept, c.R, route, out, err, false)
	}
	status, whole := kept.status, kept.body
	if secret, ok := out.(sealed); ok && err == nil {
		shown := &keeping{header: http.Header{}}
		a.tell(shown, c.R, route, secret.sealed(), nil, false)
		whole = shown.body
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		status = 0
	}
	if err := a.deps.Tokens.EndCall(c.ctx(), c.Token.Key, key, status, string(whole)); err != nil {
		a.log.Error("keep an answer", "id", httpd.RequestID(c.ctx()), "route", route, "err", err) // the caller still hears what came of it
	}
	w.WriteHeader(kept.status)
	w.Write(kept.body) //nolint:errcheck // the caller left
}

// keeping is an answer before it is sent.
type keeping struct {
	header http.Header
	status int
	body   []byte
}

func (k *keeping) Header() http.Header { return k.header }
func (k *keeping) WriteHeader(n int)   { k.status = n }
func (k *keeping) Write(b []byte) (int, error) {
	k.body = append(k.body, b...)
	return len(b), nil
}

// operations is the table of what a program can ask for.
func operations() []line {
	return slices.Concat(selfLines(), beginLines(), groupLines(), tagLines(), memberLines(), messageLines(), taskLines(), decisionLines(), bookLines(), wordLines(), codeLines(), planLines(), calendarLines(), justiceLines(), ruleLines(), guardLines(), linkLines(), tableMoreLines(), pictureLines(), pasteLines(), pointLines(),
		insightLines(), figureLines(), lifeLines(), formatLines(), readingLines(), weeklyLines(), digestLines(), libraryLines(), draftLines(), essenceLines(), tableLines(), drawLines(), liveLines(), morningLines(), systemLines(), connectionLines(), staffLines(), importLines(), outletLines(), modelLines(), spaceLines(), stepLines(), restLines(), posterLines(), templateLines(), teamLines(), giftLines(), writtenLines(), moreLines())
}
