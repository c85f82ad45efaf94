package app

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/jobs"
	"qunluo/internal/store"
)

// handlers is the table of job kinds.
func (a *App) handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		store.JobAction:    a.carryOut,
		store.JobWake:      a.wake,
		store.JobRelease:   a.release,
		jobReconcile:       a.reconcile,
		jobLookAround:      a.lookAround,
		jobWipe:            a.wipe,
		store.JobAlarm:     a.alarm,
		store.JobTakeover:  a.takeover,
		store.JobLockdown:  a.lockdown,
		jobDeaf:            a.deaf,
		store.JobBroadcast: a.startBroadcast,
		store.JobTarget:    a.sendTarget,
		jobSOPs:            a.lookSOPs,
		jobMasses:          a.tendMasses,
		jobCalendar:        a.runCalendar,
		jobCodes:           a.watchCodes,
		store.JobPicture:   a.fetchPicture,
		jobComers:          a.seeComers,
		jobCaps:            a.watchCaps,
		jobMedia:           a.forgetMedia,
		jobArticles:        a.readArticles,
		jobHandover:        a.carryHandover,
		jobDrift:           a.driftJob,
		jobDrifts:          a.driftRound,
		jobSettle:          a.answerJob,
		jobWords:           a.wordsJob,
		jobWordWatch:       a.watchWords,
		jobTrial:           a.trialJob,
		jobSuggest:         a.suggestJob,
		jobSuggests:        a.suggestRound,
		store.JobRead:      a.readPictures,
		jobHits:            a.tellHits,
		jobAsks:            a.tellAsks,
		jobLooks:           a.lookAtGroups,
		jobAdjusts:         a.reviewAdjustments,
		store.JobFounding:  a.foundingJob,
		store.JobShield:    a.shieldJob,
		store.JobBulk:      a.bulkJob,
		store.JobReport:    a.takeReport,
		store.JobReportAsk: a.reportTask,
		store.JobListed:    a.lookListed,
		jobBlocklists:      a.readLists,
		jobTiers:           a.tierRound,
		jobReach:           a.reachRound,
		jobTags:            a.tagRound,
		jobExperiments:     a.experimentRound,
		jobGrowth:          a.growthRound,
		jobWeeklies:        a.weeklyRound,
		jobDigests:         a.digestRound,
		jobLeavers:         a.leaverRound,
		jobEssence:         a.essenceRound,
		jobFeeds:           a.feedRound,
		jobMornings:        a.runMornings,
		jobLives:           a.liveRound,
		store.JobWeekly:    a.sendWeekly,
		store.JobPosters:   a.drawBatch,
		jobOldPosters:      a.dropPosters,
		store.JobOutlet:    a.sendOutlet,
		store.JobModel:     a.askModel,
		jobModels:          a.sweepModels,
		store.JobBox:       a.boxJob,

		store.JobSpaceLoad:  a.loadSpace,
		store.JobSpaceLeave: a.leaveSpace,
	}
}

const jobWipe = "wipe-undone"

// periodic is the table of work that comes back.
func periodic() []jobs.Every {
	return []jobs.Every{
		{Name: jobLookAround, Each: 15 * time.Minute, Kind: jobLookAround},
		{Name: jobWipe, Each: 24 * time.Hour, Kind: jobWipe},
		{Name: jobSOPs, Each: 5 * time.Minute, Kind: jobSOPs},
		{Name: jobMasses, Each: massesEach, Kind: jobMasses},
		{Name: jobCalendar, Each: calendarEach, Kind: jobCalendar},
		{Name: jobCodes, Each: 10 * time.Minute, Kind: jobCodes},
		{Name: jobComers, Each: time.Minute, Kind: jobComers},
		{Name: jobCaps, Each: 24 * time.Hour, Kind: jobCaps},
		{Name: jobMedia, Each: 6 * time.Hour, Kind: jobMedia},
		{Name: jobDrifts, Each: 24 * time.Hour, Kind: jobDrifts},
		{Name: jobSuggests, Each: 24 * time.Hour, Kind: jobSuggests},
		{Name: jobBlocklists, Each: blocklistsEach, Kind: jobBlocklists},
		{Name: jobReach, Each: reachEach, Kind: jobReach},
		{Name: jobTags, Each: tagsEach, Kind: jobTags},
		{Name: jobTiers, Each: tiersEach, Kind: jobTiers},
		{Name: jobHits, Each: hitsEach, Kind: jobHits},
		{Name: jobGrowth, Each: 10 * time.Minute, Kind: jobGrowth},
		{Name: jobAsks, Each: asksEach, Kind: jobAsks},
		{Name: jobLooks, Each: looksEach, Kind: jobLooks},
		{Name: jobAdjusts, Each: adjustsEach, Kind: jobAdjusts},
		{Name: jobExperiments, Each: 10 * time.Minute, Kind: jobExperiments},
		{Name: jobWeeklies, Each: weekliesEach, Kind: jobWeeklies},
		{Name: jobDigests, Each: digestsEach, Kind: jobDigests},
		{Name: jobLeavers, Each: leaversEach, Kind: jobLeavers},
		{Name: jobEssence, Each: essenceEach, Kind: jobEssence},
		{Name: jobFeeds, Each: feedsEach, Kind: jobFeeds},
		{Name: jobMornings, Each: morningsEach, Kind: jobMornings},
		{Name: jobLives, Each: livesAhead, Kind: jobLives},
		{Name: jobArticles, Each: articlesEach, Kind: jobArticles},
		{Name: jobModels, Each: modelsEach, Kind: jobModels},
		{Name: jobOldPosters, Each: 6 * time.Hour, Kind: jobOldPosters},
	}
}

// release frees the keys of an undone import, so that its files may come again.
func (a *App) release(ctx context.Context, j store.Job) error {
	run, err := strconv.ParseInt(j.Key, 10, 64)
	if err != nil {
		return err
	}
	return a.store.ReleaseImport(ctx, run)
}

func (a *App) wipe(ctx context.Context, _ store.Job) error {
	_, err := a.store.WipeUndone(ctx)
	return errors.Join(err, a.imports.drop())
}

func (a *App) carryOut(ctx context.Context, j store.Job) error {
	key, _, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(key)
	if err != nil {
		return err
	}
	return a.engine.CarryOut(ctx, id, j.Attempts)
}

func (a *App) wake(ctx context.Context, j store.Job) error {
	var w store.WakePayload
	if err := json.Unmarshal(j.Payload, &w); err != nil {
		return err
	}
	return a.engine.Wake(ctx, w)
}
