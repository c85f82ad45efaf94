package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Connector makes sessions in simulated worlds.
type Connector struct {
	clock  func() int64
	wait   func(ctx context.Context, until int64) error
	scenes []Scene
}

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. clock gives the time in UTC milliseconds; wait returns nil once clock has reached until, or
// ctx's error. The scenes are offered in the settings in this order, the first is the default; none = Scenes().
func New(clock func() int64, wait func(ctx context.Context, until int64) error, scenes ...Scene) *Connector {
	if len(scenes) == 0 {
		scenes = Scenes()
	}
	return &Connector{clock: clock, wait: wait, scenes: scenes}
}

// Info describes the simulator.
func (c *Connector) Info() connect.Info {
	names := make([]string, len(c.scenes))
	for i, s := range c.scenes {
		names[i] = s.Name
	}
	return connect.Info{
		Name: "sim", Title: [2]string{"模拟群", "Simulator"}, Platform: "sim",
		Summary: [2]string{
			"内存里的群：成员会说话、进群、发广告，用来演示、演练和试规则，不接触任何真实平台。",
			"Groups in memory whose members talk, join and spam: for demos, drills and trying rules. No real platform is touched.",
		},
		Fields: []connect.Field{
			{Name: "scene", Kind: connect.KindChoice, Choices: names, Default: names[0], Title: [2]string{"场景", "Scene"}},
			{Name: "speed", Kind: connect.KindNumber, Default: "1", Title: [2]string{"速度", "Speed"},
				Help: [2]string{"场景进行的快慢,0.01 到 1000,1 为原速。", "How fast the scene runs, 0.01 to 1000; 1 is its own pace."}},
			{Name: "self", Kind: connect.KindText, Default: "10000", Title: [2]string{"我方账号", "Our account"},
				Help: [2]string{"我方账号在模拟平台上的号码。", "Our account's id on the simulated platform."}},
			{Name: "abilities", Kind: connect.KindText, Title: [2]string{"能力", "Abilities"}, Help: [2]string{
				"逐项规定能做什么，如 *=human, message.send=native;级别为 native、assisted、human、none。",
				"What can be done, e.g. *=human, message.send=native; levels: native, assisted, human, none."}},
			{Name: "failures", Kind: connect.KindText, Title: [2]string{"故障", "Failures"}, Help: [2]string{
				"故意出错，如 message.send=timeout;种类为 timeout(做了但没有回音)、refuse、limited、slow、unreachable。",
				"Faults on purpose, e.g. message.send=timeout; kinds: timeout (done but unanswered), refuse, limited, slow, unreachable."}},
		},
		Defaults: connect.Abilities{Verbs: levels(nil), ReadsAll: true, Media: takesAll()},
	}
}

// Open checks the settings and prepares a session in the scene's world.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	return c.OpenSession(settings, host)
}

// OpenSession is Open for callers that want to reach the world.
func (c *Connector) OpenSession(settings json.RawMessage, host connect.Host) (*Session, error) {
	values, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	speed := values.Number("speed")
	if speed < 0.01 || speed > 1000 {
		return nil, community.Errorf(community.CodeBadInput, "settings: speed must be between 0.01 and 1000")
	}
	if values["self"] == "" {
		return nil, community.Errorf(community.CodeBadInput, "settings: self is required")
	}
	set, err := readTable(values["abilities"], isLevel)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "settings: abilities %w", err)
	}
	failures, err := readTable(values["failures"], isFailure)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "settings: failures %w", err)
	}
	s := &Session{
		clock: c.clock, wait: c.wait, host: host, self: values["self"], speed: speed,
		levels: levels(set), failures: map[community.Verb]Failure{},
	}
	for verb, how := range failures {
		s.failures[verb] = Failure(how)
	}
	s.world, s.script = c.scene(values["scene"]).Open(c.clock)
	return s, nil
}

func (c *Connector) scene(name string) Scene {
	for _, s := range c.scenes {
		if s.Name == name {
			return s
		}
	}
	return c.scenes[0] // the settings were checked against the choices
}

// levels is every verb's ability: native where the simulator has a way to do it, unless set says otherwise.
func levels(set map[community.Verb]string) map[community.Verb]community.Ability {
	verbs := make(map[community.Verb]community.Ability, len(community.Verbs))
	for _, v := range community.Verbs {
		level := community.None
		if _, known := orders[v]; known {
			level = community.Native
		}
		if l, ok := set[v]; ok {
			level = community.Level(l)
		}
		verbs[v] = community.Ability{Level: level, Evidence: "declared"}
	}
	return verbs
}

// readTable reads "verb=word, verb=word"; "*" stands for every verb not named.
func readTable(text string, valid func(string) bool) (map[community.Verb]string, error) {
	table := map[community.Verb]string{}
	rest := ""
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\uff0c' || r == ' ' || r == '\n' }) {
		name, word, ok := strings.Cut(part, "=")
		if !ok || !valid(word) {
			return nil, fmt.Errorf("has %q, want verb=word", part)
		}
		if name == "*" {
			rest = word
			continue
		}
		if !isVerb(name) {
			return nil, fmt.Errorf("has %q, which is no verb", name)
		}
		table[community.Verb(name)] = word
	}
	for _, v := range community.Verbs {
		if _, named := table[v]; !named && rest != "" {
			table[v] = rest
		}
	}
	return table, nil
}

func isVerb(name string) bool {
	for _, v := range community.Verbs {
		if string(v) == name {
			return true
		}
	}
	return false
}

func isLevel(word string) bool {
	switch community.Level(word) {
	case community.Native, community.Assisted, community.Human, community.None:
		return true
	}
	return false
}
