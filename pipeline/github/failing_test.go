package github_test

import (
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
)

// failing is a way in which the second of two days can go wrong, and what comes
// of it.
type failing struct {
	// before changes the world between the two days, faults spoil the second.
	before   func(w *githubsim.World, names []string)
	faults   func(w *githubsim.World, names []string) []githubsim.Fault
	rules    func(*pipeline.Rules)
	owners   []string
	deadline time.Duration // zero for none

	asks  asks  // the requests of the second day; a negative number is the most
	reads []int // which of the names they ask for by id

	exit    int
	state   pipeline.RunState
	listed  int    // findings, more than the day before's of contoso
	unread  int    // -1 for all
	says    string // on a page, or the error where there is none
	unknown []int  // which of the names are unknown; all others are not
	events  int    // that the second day tells; -1 for any
	next    bool   // the next start, a minute later, goes on and completes
}

type asks = map[githubsim.Kind]int

// onListing strikes the n-th page of a listing.
func onListing(n int, effects ...githubsim.Effect) githubsim.Fault {
	return githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(githubsim.Listing), githubsim.Nth(n)}, Effects: effects}
}

// always strikes every request of a kind.
func always(kind githubsim.Kind, effects ...githubsim.Effect) githubsim.Fault {
	return githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(kind)}, Effects: effects}
}

// waysOfFailing are of an owner with some 230 repositories, where all went well
// the day before.
func waysOfFailing() map[string]failing {
	faults := func(f ...githubsim.Fault) func(*githubsim.World, []string) []githubsim.Fault {
		return func(*githubsim.World, []string) []githubsim.Fault { return f }
	}
	evening := day.Add(12 * time.Hour)
	anew := func(w *githubsim.World, names []string) { w.Delete(names[200]) } // so that the whole listing is read
	return map[string]failing{
		"nothing": {exit: 0, state: pipeline.Complete, listed: 0, asks: asks{githubsim.Listing: 1}},
		"two renames that cross the cursor": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{onListing(4, githubsim.Meanwhile(func() {
					w.Rename(names[0], "zzz-last", evening)
					w.Rename(names[110], "aaa-first", evening)
				}))}
			},
			asks: asks{githubsim.Listing: 11}, exit: 0, state: pipeline.Complete, listed: -1, events: 2}, // the other was listed before it was renamed
		"a page that repeats the first": {before: anew, faults: faults(onListing(4, githubsim.RepeatedPage())),
			asks: asks{githubsim.Listing: 6}, exit: 0, state: pipeline.Complete, listed: -1, events: 1},
		"pages that only repeat the first": {before: anew, faults: faults(githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(githubsim.Listing), githubsim.Continues}, Effects: []githubsim.Effect{githubsim.RepeatedPage()}}),
			asks: asks{githubsim.Listing: 13}, exit: 0, state: pipeline.Partial, listed: 0, unread: 2, says: "could be listed"},
		"cursors without end": {before: anew, faults: faults(always(githubsim.Listing, githubsim.EndlessCursors())),
			asks: asks{githubsim.Listing: 4}, exit: 0, state: pipeline.Complete, listed: -1, events: 1},
		"ids that are numbers": {before: anew, faults: faults(always(githubsim.Listing, githubsim.FieldValue("Repository.id", "7"))),
			asks: asks{githubsim.Listing: 20}, exit: 1, state: pipeline.Partial, listed: 0, unread: -1, says: "could be listed"},
		"more repositories than GitHub counts": {before: anew, faults: faults(always(githubsim.Listing, githubsim.FieldValue("RepositoryConnection.totalCount", "225"))),
			asks: asks{githubsim.Listing: 9}, exit: 0, state: pipeline.Partial, listed: 0, unread: 1, says: "by GitHub's count, but 226 different ones"},
		"one that goes away meanwhile": {before: anew, faults: func(w *githubsim.World, names []string) []githubsim.Fault {
			return []githubsim.Fault{onListing(4, githubsim.Meanwhile(func() { w.Delete(names[0]) }))}
		},
			asks: asks{githubsim.Listing: 7}, exit: 0, state: pipeline.Complete, listed: -2, events: 2},
		"an id that is another's": {before: anew, faults: func(w *githubsim.World, names []string) []githubsim.Fault {
			return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldValue("Repository.id", `"R_kgDOAAAAAA"`, w.ID(names[3])))}
		},
			asks: asks{githubsim.Listing: 4, githubsim.Tips: 1}, exit: 0, state: pipeline.Partial, listed: -1, unread: 1, says: "no longer knows it", events: -1},
		"elements in another order": {
			before: func(w *githubsim.World, names []string) {
				for _, n := range names[:5] {
					w.Push(n, evening)
				}
			},
			faults: faults(always(githubsim.Tips, githubsim.Reversed())),
			asks:   asks{githubsim.Listing: 1, githubsim.Tips: 1, githubsim.Details: 5}, reads: []int{0, 1, 2, 3, 4}, exit: 0, state: pipeline.Complete, listed: 0, events: -1},
		"errors under pushedAt": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldError("Repository.pushedAt", "SERVICE_UNAVAILABLE", "Oops", w.ID(names[3])))}
			},
			asks: asks{githubsim.Listing: 7}, exit: 0, state: pipeline.Partial, listed: -1, unread: 1, unknown: []int{3}, says: "GitHub could not read its pushedAt: Oops", events: 1},
		"an error under the default branch": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Tips, githubsim.FieldError("Repository.defaultBranchRef", "SERVICE_UNAVAILABLE", "Oops", w.ID(names[3])))}
			},
			asks: asks{githubsim.Listing: 1, githubsim.Tips: 3}, reads: []int{3}, exit: 0, state: pipeline.Partial, listed: 0, unread: 1, unknown: []int{3}, says: "GitHub could not read it: Oops"},
		"a date of the year 10889": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldValue("Repository.createdAt", `"10889-01-01T00:00:00Z"`, w.ID(names[3])))}
			},
			asks: asks{githubsim.Listing: 4}, exit: 0, state: pipeline.Partial, listed: -1, unread: 1, unknown: []int{3}, says: "cannot be used: createdAt", events: 1},
		"a number that no float holds": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldValue("Repository.stargazerCount", "9007199254740993", w.ID(names[3])))}
			},
			asks: asks{githubsim.Listing: 4}, exit: 0, state: pipeline.Partial, listed: -1, unread: 1, unknown: []int{3}, says: "cannot be used: stargazerCount", events: 1},
		"a commit of the year 10889": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Tips, githubsim.FieldValue("Commit.committedDate", `"10889-01-01T00:00:00Z"`, w.ID(names[3])))}
			},
			asks: asks{githubsim.Listing: 1, githubsim.Tips: 1}, reads: []int{3}, exit: 0, state: pipeline.Partial, listed: 0, unread: 1, unknown: []int{3}, says: "committedDate of its newest commit"},
		"a token without issues": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening); w.Push(names[4], evening) },
			faults: faults(always(githubsim.Details, githubsim.NotAccessible("Repository.issues"))),
			asks:   asks{githubsim.Listing: 1, githubsim.Tips: 1, githubsim.Details: 5}, reads: []int{3, 4}, exit: 0, state: pipeline.Complete, listed: 0, says: "may not see the issues of 2 repositories", events: -1},
		"a token without issues and pull requests": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: faults(always(githubsim.Details, githubsim.NotAccessible("Repository.issues"), githubsim.NotAccessible("Repository.pullRequests"))),
			asks:   asks{githubsim.Listing: 1, githubsim.Tips: 1, githubsim.Details: 4}, reads: []int{3}, exit: 0, state: pipeline.Complete, listed: 0, says: "may not see the pull requests of 1 repository", events: -1},
		"files that cannot be read": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: faults(always(githubsim.Details, githubsim.FieldError("Repository.object", "SERVICE_UNAVAILABLE", "Oops"))),
			asks:   asks{githubsim.Listing: 1, githubsim.Tips: 1, githubsim.Details: 4}, reads: []int{3}, exit: 0, state: pipeline.Complete, listed: 0, says: "Details of 1 repository could not be read", events: -1},
		"an owner that shows none any more": {
			before: func(w *githubsim.World, names []string) {
				for _, n := range names {
					w.Delete(n)
				}
			},
			asks: asks{githubsim.Listing: 3}, exit: 1, state: pipeline.Partial, listed: 0, unread: -1, says: "now shows none"},
		"an owner that is gone, of several": {
			owners: []string{"contoso", "fabrikam"},
			rules:  func(r *pipeline.Rules) { r.AllowUnread = pipeline.Allowance{Count: 2} },
			before: func(w *githubsim.World, names []string) { w.DeleteOwner("fabrikam") },
			asks:   asks{githubsim.Listing: 3}, exit: 1, state: pipeline.Partial, listed: 3, unread: 3, says: `no organization or user "fabrikam"`},
		"an owner that is gone, of several, allowed": {
			owners: []string{"contoso", "fabrikam"},
			rules:  func(r *pipeline.Rules) { r.AllowUnread = pipeline.Allowance{Count: 3} },
			before: func(w *githubsim.World, names []string) { w.DeleteOwner("fabrikam") },
			asks:   asks{githubsim.Listing: 3}, exit: 0, state: pipeline.Partial, listed: 3, unread: 3, says: `no organization or user "fabrikam"`},
		"histories without end": {
			before: func(w *githubsim.World, names []string) { w.BotPush(names[3], evening) },
			faults: faults(always(githubsim.History, githubsim.EndlessCursors())),
			asks:   asks{githubsim.Listing: 1, githubsim.Tips: 1, githubsim.History: 1, githubsim.Details: 3}, reads: []int{3}, exit: 0, state: pipeline.Complete, listed: 0, events: -1},
		"errors under description": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldError("Repository.description", "SERVICE_UNAVAILABLE", "Oops", w.ID(names[3])))}
			},
			asks: asks{githubsim.Listing: 7}, exit: 0, state: pipeline.Partial, listed: -1, unread: 1, unknown: []int{3}, says: "GitHub could not read its description: Oops", events: 1},
		"an author that is refused": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: faults(always(githubsim.Tips, githubsim.FieldError("Commit.author", "FORBIDDEN", "Oops"))),
			asks:   asks{githubsim.Listing: 1, githubsim.Tips: 1, githubsim.Details: 3}, reads: []int{3}, exit: 0, state: pipeline.Complete, events: -1},
		"an id that comes back as another's": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Tips, githubsim.FieldValue("Repository.id", `"`+w.ID(names[4])+`"`))}
			},
			asks: asks{githubsim.Listing: 1, githubsim.Tips: 3}, reads: []int{3}, exit: 0, state: pipeline.Partial, unread: 1, unknown: []int{3}, says: "GitHub answered about something else"},
		"a delta that does not add up": {
			faults: faults(githubsim.Fault{Times: 1, When: []githubsim.Condition{githubsim.OfKind(githubsim.Listing)},
				Effects: []githubsim.Effect{githubsim.FieldValue("RepositoryConnection.totalCount", "300")}}),
			asks: asks{githubsim.Listing: 4}, exit: 0, state: pipeline.Complete},
		"a tip that takes too long": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening); w.Push(names[4], evening) },
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{{When: []githubsim.Condition{githubsim.AsksFor(w.ID(names[3]))}, Effects: []githubsim.Effect{githubsim.Timeout(502)}}}
			},
			asks: asks{githubsim.Listing: 1, githubsim.Tips: 5, githubsim.Details: 4}, reads: []int{3, 4}, exit: 0, state: pipeline.Partial, unread: 1, unknown: []int{3}, says: "GitHub could not answer in time", events: -1},
		"a pause of 31 years, a deadline": {
			faults: faults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.SecondaryLimit(403, 1_000_000_000*time.Second)}}), deadline: 40 * time.Minute,
			asks: asks{githubsim.Listing: 1}, exit: 3, state: pipeline.Suspended, says: "more than a server can mean", next: true},
		"a reset years ahead, a deadline": {
			faults: faults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.PrimaryLimit("RATE_LIMIT", 0), githubsim.Header("X-Ratelimit-Reset", "4102444800")}}), deadline: 40 * time.Minute,
			asks: asks{githubsim.Listing: 1}, exit: 3, state: pipeline.Suspended, says: " can mean", next: true},
		"secondary limits that name no time": {
			faults: faults(githubsim.Fault{Times: 6, Effects: []githubsim.Effect{githubsim.SecondaryLimit(403, 0)}}),
			asks:   asks{githubsim.Listing: 7}, exit: 0, state: pipeline.Complete},
		"an App's token that ends": {
			before: anew,
			faults: faults(githubsim.Fault{When: []githubsim.Condition{githubsim.After(2)}, Effects: []githubsim.Effect{githubsim.Unauthorized()}}),
			asks:   asks{githubsim.Listing: 3}, exit: 3, state: pipeline.Suspended, says: "installation token lives one hour", next: true},
		"a token that never was good": {faults: faults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.Unauthorized()}}),
			asks: asks{githubsim.Listing: 1}, exit: 1, says: "set GH_TOKEN"},
		"a policy on tokens": {faults: faults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.BareMessage(403, "The 'Contoso' enterprise forbids access via a personal access token (classic) if the token's lifetime is greater than 8 days.")}}),
			asks: asks{githubsim.Listing: 1}, exit: 1, says: "forbids access via a personal access token (classic) if the token's lifetime is greater than 8 days."},
		"resource limits for a while": {before: anew,
			faults: faults(githubsim.Fault{Times: 8, When: []githubsim.Condition{githubsim.OfKind(githubsim.Listing)}, Effects: []githubsim.Effect{githubsim.ResourceLimits()}}),
			asks:   asks{githubsim.Listing: -60}, exit: 0, state: pipeline.Complete, listed: -1, events: 1},
		"resource limits that last": {before: anew,
			faults: faults(always(githubsim.Listing, githubsim.ResourceLimits())),
			asks:   asks{githubsim.Listing: -30}, exit: 3, state: pipeline.Suspended, says: "asked for more than GitHub computes", next: true},
		"an owner that was renamed, of several": {
			owners: []string{"contoso", "fabrikam"},
			rules:  func(r *pipeline.Rules) { r.AllowUnread = pipeline.Allowance{Count: 3} },
			before: func(w *githubsim.World, names []string) { w.RenameOwner("fabrikam", "adatum") },
			asks:   asks{githubsim.Listing: 3}, exit: 0, state: pipeline.Partial, listed: 3, unread: 3, says: "fabrikam"},
		"an owner behind single sign-on, of several": {
			owners: []string{"contoso", "fabrikam"},
			rules:  func(r *pipeline.Rules) { r.AllowUnread = pipeline.Allowance{Count: 3} },
			faults: faults(githubsim.Fault{When: []githubsim.Condition{asksAbout("fabrikam")}, Effects: []githubsim.Effect{githubsim.FieldError("Query.repositoryOwner", "FORBIDDEN", "Resource protected by organization SAML enforcement.")}}),
			asks:   asks{githubsim.Listing: 3}, exit: 0, state: pipeline.Partial, listed: 3, unread: 3, says: "SAML"},
	}
}

// asksAbout holds for a request with the word among its variables.
func asksAbout(word string) githubsim.Condition {
	return func(r *githubsim.Request) bool { return strings.Contains(string(r.Variables), word) }
}
