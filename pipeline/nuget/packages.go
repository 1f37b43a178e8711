package nuget

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// absentDays is for how long a package that the feed does not have is not asked
// for again.
const absentDays = 7

// packages reads packages by their ids in lower case, each in a
// sub-orchestration of its own.
func (f *gathering) packages(o *durable.Orchestration, ids []string, areOwned bool) (map[string]*pipeline.Package, error) {
	var tasks []*durable.Task[*pipeline.Package]
	for _, id := range ids {
		tasks = append(tasks, durable.Sub(o, "package "+id, f.pack, wantedPackage{id, areOwned}))
	}
	read, err := durable.All(tasks)
	packages := make(map[string]*pipeline.Package)
	for i, p := range read {
		if p != nil {
			p.Owned, p.TotalDownloads = areOwned, nil
			packages[ids[i]] = p
		}
	}
	return packages, err
}

// wantedPackage names a package by its id in lower case.
type wantedPackage struct {
	id    string
	owned bool
}

// pack reads one package: only as far as it changed when it is known. One that
// cannot be read keeps what was known of it, with the reason.
func (f *gathering) pack(o *durable.Orchestration, w wantedPackage) (*pipeline.Package, error) {
	p, isKnown := f.known[w.id]
	if !isKnown {
		p.ID = w.id
	}
	p.UsedBy = nil
	absence := pipeline.Span{Days: absentDays}
	if !f.Refetch && p.ReadError == notOnFeed && absence.After(p.ReadAt).After(f.moment.AsOf) {
		return &p, nil
	}
	r, err := durable.Go(o, durable.Key{Step: "registration", Revision: recordRevision}, f.registration, w.id).Await()
	if err != nil {
		return f.unread(p, err)
	}
	if !r.Unchanged {
		var pages []*durable.Task[Page]
		for _, address := range r.More {
			pages = append(pages, durable.Go(o, durable.Key{Step: "page", Item: address, Revision: recordRevision}, f.page, address))
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
		if latest := p.Latest(); latest != nil && w.owned && f.at.Contents != "" {
			q := manifest{w.id, latest.Version}
			source, err := durable.Go(o, durable.Key{Step: "manifest", Item: q.Version, Revision: recordRevision}, f.repository, q).Await()
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

func (f *gathering) registration(ctx context.Context, id string) (Registration, error) {
	var etag, digest string
	if p := f.known[id]; p.Revision == recordRevision && !f.Refetch {
		etag, digest = p.ETag, p.Digest
	}
	return f.Feed.Registration(ctx, f.at.Registrations, id, etag, digest)
}

func (f *gathering) page(ctx context.Context, address string) (Page, error) {
	return f.Feed.Page(ctx, address)
}

// manifest names a version's manifest.
type manifest struct{ ID, Version string }

func (f *gathering) repository(ctx context.Context, m manifest) (string, error) {
	return f.Feed.Repository(ctx, f.at.Contents, m.ID, m.Version)
}

// advisories enters what is known against the packages. A feed without them,
// or whose files cannot be read, leaves what the packages' own pages tell.
func (f *gathering) advisories(o *durable.Orchestration, packages map[string]*pipeline.Package, g *pipeline.Gathered) error {
	if f.at.Vulnerabilities == "" || len(packages) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(packages))
	files, err := durable.Call(o, durable.Key{Step: "vulnerabilities", Revision: "1"}, f.vulnerabilities, struct{}{})
	var tasks []*durable.Task[map[string][]Advisory]
	for _, address := range files {
		q := advisoryFile{address, ids}
		tasks = append(tasks, durable.Go(o, durable.Key{Step: "advisories", Item: address, Revision: durable.Digest(ids...)}, f.advisoriesIn, q))
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

// advisoryFile is a file to look for packages in.
type advisoryFile struct {
	Address string
	IDs     []string
}

func (f *gathering) vulnerabilities(ctx context.Context, _ struct{}) ([]string, error) {
	return f.Feed.VulnerabilityFiles(ctx, f.at.Vulnerabilities)
}

func (f *gathering) advisoriesIn(ctx context.Context, file advisoryFile) (map[string][]Advisory, error) {
	return f.Feed.Advisories(ctx, file.Address, file.IDs)
}
