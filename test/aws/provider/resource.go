package main

import (
	"context"
	"sort"
)

// resource is what the stand-in does of one type of the real provider.
type resource struct {
	// handled are the attributes and blocks that a configuration may set, besides id, tags and region.
	handled []string
	// updates are those whose change update carries out; of others a change replaces the resource, or is kept in the state only.
	updates []string
	// tagged is whether the type has tags, and so tags_all.
	tagged bool
	// plan completes a plan with everything that is known without a request.
	plan func(p *provider, config, prior, plan object)
	// create returns what is known right away, its id at least; with an error where it is half made.
	create func(ctx context.Context, p *provider, plan object) (object, error)
	// read returns the values of the API by attribute; nil if the resource is gone.
	read func(ctx context.Context, p *provider, state object) (object, error)
	// update carries out what differs and needs no new resource; tags are done for it.
	update func(ctx context.Context, p *provider, prior, plan object) error
	// tag sets and removes tags; where absent, by the EC2 API and the id.
	tag func(ctx context.Context, p *provider, state object, set map[string]string, remove []string) error
	// remove deletes it and waits until it is gone. What is gone already is no error.
	remove func(ctx context.Context, p *provider, state object) error
}

// dataSource is looked up by its configuration.
type dataSource struct {
	handled []string
	read    func(ctx context.Context, p *provider, config object) (object, error)
}

func (p *provider) allTags(tags any) any {
	if hasUnknown(tags) {
		return unknown
	}
	all := object{}
	for name, value := range p.defaultTags {
		all[name] = value
	}
	if own, given := tags.(object); given {
		for name, value := range own {
			all[name] = value
		}
	}
	return all
}

// ownTags are those of a resource without what the provider's default tags account for.
func (p *provider) ownTags(all, before object) any {
	own := object{}
	for name, value := range all {
		_, written := before[name]
		if inherited, is := p.defaultTags[name]; !is || inherited != value || written {
			own[name] = value
		}
	}
	if len(own) == 0 && before == nil {
		return nil
	}
	return own
}

func tagChanges(before, after object) (map[string]string, []string) {
	set, remove := map[string]string{}, []string{}
	for name, value := range after {
		if before[name] != value {
			set[name], _ = value.(string)
		}
	}
	for name := range before {
		if _, stays := after[name]; !stays {
			remove = append(remove, name)
		}
	}
	sort.Strings(remove)
	return set, remove
}
