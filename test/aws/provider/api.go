package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// isCode is whether the API refused with one of the codes.
func isCode(err error, codes ...string) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && slices.Contains(codes, refusal.ErrorCode())
}

// unless passes over a refusal with one of the codes, e.g. that something is gone already.
func unless(err error, codes ...string) error {
	if isCode(err, codes...) {
		return nil
	}
	return err
}

// ec2Tags are what something is made with.
func ec2Tags(kind types.ResourceType, all any) []types.TagSpecification {
	tags := []types.Tag{}
	members, _ := all.(object)
	for name, value := range members {
		word, _ := value.(string)
		tags = append(tags, types.Tag{Key: aws.String(name), Value: aws.String(word)})
	}
	if len(tags) == 0 {
		return nil
	}
	return []types.TagSpecification{{ResourceType: kind, Tags: tags}}
}

func tagsOf(tags []types.Tag) object {
	all := object{}
	for _, tag := range tags {
		all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return all
}

func tagByID(ctx context.Context, p *provider, state object, set map[string]string, remove []string) error {
	return p.tagEC2(ctx, text(state, "id"), set, remove)
}

func (p *provider) tagEC2(ctx context.Context, id string, set map[string]string, remove []string) error {
	if len(remove) > 0 {
		tags := []types.Tag{}
		for _, name := range remove {
			tags = append(tags, types.Tag{Key: aws.String(name)})
		}
		if _, err := p.ec2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: tags}); err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	tags := []types.Tag{}
	for name, value := range set {
		tags = append(tags, types.Tag{Key: aws.String(name), Value: aws.String(value)})
	}
	_, err := p.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: tags})
	return err
}

// await polls until it is done; ask returns the missing condition for the error of a timeout.
func await(ctx context.Context, limit time.Duration, ask func() (done bool, state string, err error)) error {
	deadline := time.Now().Add(limit)
	for {
		done, state, err := ask()
		if err != nil || done {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("timeout while waiting for state (last state: %q, timeout: %s)", state, limit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func filters(configured object) []types.Filter {
	blocks, _ := configured["filter"].([]any)
	all := []types.Filter{}
	for _, one := range blocks {
		filter, _ := one.(object)
		all = append(all, types.Filter{Name: aws.String(text(filter, "name")), Values: texts(filter, "values")})
	}
	if tags, given := configured["tags"].(object); given {
		for name, value := range tags {
			word, _ := value.(string)
			all = append(all, types.Filter{Name: aws.String("tag:" + name), Values: []string{word}})
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// first returns the only element of a request by id; nil if there is none.
func first[T any](found []T) *T {
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}
