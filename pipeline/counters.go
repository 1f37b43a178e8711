package pipeline

import (
	"time"
)

// Counters is what a run spent and met.
type Counters struct {
	Requests int            `json:"requests"` // GraphQL requests sent, retries included
	Points   int            `json:"points"`   // rate limit points, as GitHub charged them
	Retries  map[string]int `json:"retries"`  // by cause
	// GitHubTime is how long GitHub took to answer, in milliseconds, by the step
	// that asked ("list", "history"), requests that came to nothing included.
	// GitHub limits it to a minute a minute, see package budget.
	GitHubTime map[string]int64 `json:"githubTime,omitempty"`
	// ResumedChunks counts chunks taken from the journal of an interrupted
	// execution instead of being asked for again.
	ResumedChunks int `json:"resumedChunks"`
	Chunks        int `json:"chunks"`      // chunk requests that ended, resumed ones included
	SplitChunks   int `json:"splitChunks"` // chunks that had to be halved
	CarriedOver   int `json:"carriedOver"` // repositories whose detail came from an earlier run
	Unread        int `json:"unread"`      // repositories that could not be read
	// Sources are the sources beside the one that lists repositories, by name;
	// nil for none.
	Sources map[string]SourceCounters `json:"sources,omitempty"`
}

// SourceCounters is how a source stands.
type SourceCounters struct {
	Items    int `json:"items"`    // on its page
	Requests int `json:"requests"` // charged to the account of its name, retries included
}

// String is the source's status line.
func (c SourceCounters) String() string {
	return Plural(c.Items, "item") + ", " + Plural(c.Requests, "request")
}

// TotalTime is GitHub's time over all steps; zero when none is known.
func (c *Counters) TotalTime() time.Duration {
	var ms int64
	for _, n := range c.GitHubTime {
		ms += n
	}
	return time.Duration(ms) * time.Millisecond
}

// add adds what another run spent and met.
func (c *Counters) add(more Counters) {
	c.Requests += more.Requests
	c.Points += more.Points
	c.ResumedChunks += more.ResumedChunks
	c.Chunks += more.Chunks
	c.SplitChunks += more.SplitChunks
	c.CarriedOver += more.CarriedOver
	c.Unread += more.Unread
	for cause, n := range more.Retries {
		c.Retries[cause] += n
	}
	for name, s := range more.Sources {
		c.enter(name, SourceCounters{Requests: c.Sources[name].Requests + s.Requests})
	}
	for step, ms := range more.GitHubTime {
		if c.GitHubTime == nil {
			c.GitHubTime = make(map[string]int64)
		}
		c.GitHubTime[step] += ms
	}
}

// enter sets how a source stands.
func (c *Counters) enter(name string, s SourceCounters) {
	if c.Sources == nil {
		c.Sources = make(map[string]SourceCounters)
	}
	c.Sources[name] = s
}
