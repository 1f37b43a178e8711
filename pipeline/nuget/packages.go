package nuget

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

const (
	// recordRevision changes when what is kept of a package does.
	recordRevision = "1"
	// notOnFeed is the reason for a package that is referred to and not there.
	notOnFeed = "the feed has no package of this id; it was deleted, or comes from another feed"
)

// absence is for how long a package that the feed does not have is not asked for
// again.
var absence = pipeline.Span{Days: 7}

// packages reads packages by their ids in lower case, each in a
// sub-orchestration of its own.
func (f *gathering) packages(o *durable.Orchestration, ids []string, areOwned bool) (map[string]*pipeline.Package, error) {
	var tasks []*durable.Task[*pipeline.Package]
	for _, id := range ids {
		pack := func(o *durable.Orchestration, id string) (*pipeline.Package, error) { return f.pack(o, id, areOwned) }
		tasks = append(tasks, durable.Sub(o, "package "+id, pack, id))
	}
	read, err := durable.All(tasks)
	packages := make(map[string]*pipeline.Package)
	for i, p := range read {
		if p != nil {
			packages[ids[i]] = p
		}
	}
	return packages, err
}

// pack reads one package by its id in lower case; of a known one only what changed.
// One that cannot be read keeps what was known of it, with the reason.
func (f *gathering) pack(o *durable.Orchestration, id string, isOwned bool) (*pipeline.Package, error) {
	p, isKnown := f.known[id]
	if !isKnown {
		p.ID = id
	}
	q := RegistrationQuery{Base: f.at.Registrations, ID: id}
	if p.Revision == recordRevision && !f.Refetch {
		q.ETag, q.Digest = p.ETag, p.Digest
	}
	p.UsedBy, p.Owned, p.TotalDownloads = nil, isOwned, nil
	if !f.Refetch && p.ReadError == notOnFeed && absence.After(p.ReadAt).After(f.moment.AsOf) {
		return &p, nil
	}
	r, err := durable.Go(o, durable.Key{Step: "registration", Revision: recordRevision}, f.Feed.Registration, q).Await()
	if err != nil {
		return f.unread(p, err)
	}
	if !r.Unchanged {
		var pages []*durable.Task[Page]
		for _, address := range r.More {
			pages = append(pages, durable.Go(o, durable.Key{Step: "page", Item: address, Revision: recordRevision}, f.Feed.Page, address))
		}
		more, err := durable.All(pages)
		if err != nil {
			return f.unread(p, err)
		}
		all := r.Page
		for _, page := range more {
			all = all.With(page)
		}
		p.ID, p.Versions, p.RepositoryURL = all.ID, all.Versions, repositoryAt(all.ProjectURL)
		// Only manifests name the repository; a project's page has to do for
		// packages of others.
		if latest := p.Latest(); latest != nil && isOwned && f.at.Contents != "" {
			key := durable.Key{Step: "manifest", Item: latest.Version, Revision: recordRevision}
			source, err := durable.Go(o, key, f.Feed.Repository, ManifestQuery{f.at.Contents, id, latest.Version}).Await()
			if _, failed := errors.AsType[*durable.Failure](err); err != nil && !failed {
				return nil, err
			}
			p.RepositoryURL = cmp.Or(source, p.RepositoryURL)
		}
	}
	p.ReadAt, p.ReadError = f.moment.AsOf, ""
	p.ETag, p.Digest, p.Revision = r.ETag, r.Digest, recordRevision
	return &p, nil
}

// unread is a package that could not be read.
func (f *gathering) unread(p pipeline.Package, err error) (*pipeline.Package, error) {
	failure, failed := errors.AsType[*durable.Failure](err)
	switch {
	case !failed:
		return nil, err
	case failure.Code == CauseNotFound:
		p.ReadAt, p.ReadError, p.ETag, p.Digest = f.moment.AsOf, notOnFeed, "", ""
	default:
		p.ReadError = failure.Message
		if p.ReadAt.IsZero() {
			p.ReadAt = f.moment.AsOf
		}
	}
	return &p, nil
}

// advisories enters what is known against the packages. A feed without them,
// or whose files cannot be read, leaves what the packages' own pages tell.
func (f *gathering) advisories(o *durable.Orchestration, packages map[string]*pipeline.Package, g *pipeline.Gathered) error {
	if f.at.Vulnerabilities == "" || len(packages) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(packages))
	files, err := durable.Call(o, durable.Key{Step: "vulnerabilities", Revision: "1"}, f.Feed.VulnerabilityFiles, f.at.Vulnerabilities)
	var tasks []*durable.Task[map[string][]Advisory]
	for _, file := range files {
		key := durable.Key{Step: "advisories", Item: file, Revision: durable.Digest(ids...)}
		tasks = append(tasks, durable.Go(o, key, f.Feed.Advisories, AdvisoryQuery{file, ids}))
	}
	found, allErr := durable.All(tasks)
	if err = errors.Join(err, allErr); err != nil {
		failure, failed := errors.AsType[*durable.Failure](err)
		if !failed || errors.Is(err, durable.ErrStopped) {
			return err
		}
		g.Incomplete = true
		g.Notices = append(g.Notices, "The NuGet feed's list of vulnerabilities could not be read: "+strings.TrimSuffix(failure.Message, ".")+".")
		return nil
	}
	for id, p := range packages {
		var all []Advisory
		for _, file := range found {
			all = append(all, file[id]...)
		}
		p.Advisories = affected(p, all)
	}
	return nil
}
