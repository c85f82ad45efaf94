package learn

import (
	"bytes"
	"fmt"
	"testing"
)

// clubTalk is what a fishing club says: full of figures and prices, as advertising is.
func clubTalk(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%d号钓位今天出鱼%d斤，饵料%d块一包，微信群里报名的师傅加老周，第%d场", i%40+1, i%17, 10+i%30, i))
	}
	return out
}

func TestAGroupsOwnTalkIsLearnedAsOrdinary(t *testing.T) {
	line := "7号钓位今天出鱼12斤，饵料25块一包，微信群里报名的师傅加老周"
	m, lesson := Teach(clubTalk(1200), nil)
	if before, now := Shipped().Score(line), m.Score(line); now >= before || now >= m.Suspect() {
		t.Errorf("score %v, taught %v (suspect from %v on): want it lower and ordinary", before, now, m.Suspect())
	}
	if s := m.Score("宅家副业一天五百起，感兴趣加薇信kk77889"); s < m.Act() {
		t.Errorf("advertising scores %v now, want at least %v", s, m.Act())
	}
	if lesson.Talk+lesson.LeftOut != 1200 || lesson.Talk == 0 {
		t.Errorf("lesson %+v, want 1200 lines in all", lesson)
	}
}

func TestPeoplesWordCountsMost(t *testing.T) {
	text := "出售二手钓竿，要的加微信diao7788"
	m, lesson := Teach(clubTalk(300), []Example{{Text: text}, {Text: "低价出渔获，私聊", Spam: true}})
	if s := m.Score(text); s >= m.Suspect() {
		t.Errorf("what a person called a false hit scores %v, want below %v", s, m.Suspect())
	}
	if lesson.Ham != 1 || lesson.Spam != 1 {
		t.Errorf("lesson %+v", lesson)
	}
}

func TestAdvertisingAmongTheTalkIsNotTaughtAsOrdinary(t *testing.T) {
	ad := "宅家副业一天五百起，感兴趣加薇信kk77889"
	m, lesson := Teach(append(clubTalk(300), ad, ad, ad), nil)
	if lesson.LeftOut != 1 || m.Score(ad) < m.Act() {
		t.Errorf("lesson %+v, the advertisement scores %v, want at least %v", lesson, m.Score(ad), m.Act())
	}
}

func TestTeachingTwiceGivesTheSameModel(t *testing.T) {
	one, _ := Teach(clubTalk(400), []Example{{Text: "a"}})
	two, _ := Teach(clubTalk(400), []Example{{Text: "a"}})
	if !bytes.Equal(one.Pack(), two.Pack()) || len(one.Pack()) > MaxModel {
		t.Error("two models")
	}
}

func TestAGroupWithoutTalkKeepsTheShippedThresholds(t *testing.T) {
	m, lesson := Teach([]string{"", " ", "你好"}, nil)
	if m.Act() != Shipped().Act() || m.Suspect() != Shipped().Suspect() || lesson.Talk != 1 {
		t.Errorf("thresholds %v, %v, lesson %+v", m.Act(), m.Suspect(), lesson)
	}
}
