package main

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func iamTags(all any) []types.Tag {
	tags := []types.Tag{}
	members, _ := all.(object)
	for name, value := range members {
		word, _ := value.(string)
		tags = append(tags, types.Tag{Key: aws.String(name), Value: aws.String(word)})
	}
	return tags
}

func iamTagsOf(tags []types.Tag) object {
	all := object{}
	for _, tag := range tags {
		all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return all
}

func asAny(set map[string]string) any {
	all := object{}
	for name, value := range set {
		all[name] = value
	}
	return all
}

const noEntity = "NoSuchEntity"

var iamRoleResource = resource{
	handled: []string{"name", "path", "assume_role_policy"},
	updates: []string{"assume_role_policy"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.iam.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: orNil(plan, "name"), Path: orNil(plan, "path"), AssumeRolePolicyDocument: orNil(plan, "assume_role_policy"), Tags: iamTags(plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		return object{"id": aws.ToString(made.Role.RoleName)}, nil
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		found, err := p.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: orNil(state, "id")})
		if err = unless(err, noEntity); err != nil || found == nil || found.Role == nil {
			return nil, err
		}
		one := found.Role
		read := object{
			"id": deref(one.RoleName), "name": deref(one.RoleName), "path": deref(one.Path), "arn": deref(one.Arn), "unique_id": deref(one.RoleId),
			"name_prefix": "", "max_session_duration": int64(3600), "force_detach_policies": false, "tags_all": iamTagsOf(one.Tags),
			"managed_policy_arns": []any{},
		}
		if one.CreateDate != nil {
			read["create_date"] = one.CreateDate.Format("2006-01-02T15:04:05Z07:00")
		}
		if document, err := url.QueryUnescape(aws.ToString(one.AssumeRolePolicyDocument)); err == nil && text(state, "assume_role_policy") == "" {
			read["assume_role_policy"] = document
		}
		return read, nil
	},
	tag: func(ctx context.Context, p *provider, state object, set map[string]string, remove []string) error {
		if len(remove) > 0 {
			if _, err := p.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: orNil(state, "id"), TagKeys: remove}); err != nil {
				return err
			}
		}
		_, err := p.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: orNil(state, "id"), Tags: iamTags(asAny(set))})
		return err
	},
	update: func(ctx context.Context, p *provider, prior, plan object) error {
		if same(prior["assume_role_policy"], plan["assume_role_policy"]) {
			return nil
		}
		_, err := p.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: orNil(plan, "id"), PolicyDocument: orNil(plan, "assume_role_policy")})
		return err
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: orNil(state, "id")})
		return unless(err, noEntity)
	},
}

var rolePolicyAttachmentResource = resource{
	handled: []string{"role", "policy_arn"},
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		_, err := p.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: orNil(plan, "role"), PolicyArn: orNil(plan, "policy_arn")})
		if err != nil {
			return nil, err
		}
		return object{"id": text(plan, "role") + "/" + text(plan, "policy_arn")}, nil
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		found, err := p.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: orNil(state, "role")})
		if err = unless(err, noEntity); err != nil || found == nil {
			return nil, err
		}
		for _, policy := range found.AttachedPolicies {
			if aws.ToString(policy.PolicyArn) == text(state, "policy_arn") {
				return object{"id": state["id"]}, nil
			}
		}
		return nil, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: orNil(state, "role"), PolicyArn: orNil(state, "policy_arn")})
		return unless(err, noEntity)
	},
}

var instanceProfileResource = resource{
	handled: []string{"name", "path", "role"},
	updates: []string{"role"},
	update: func(ctx context.Context, p *provider, prior, plan object) error {
		if same(prior["role"], plan["role"]) {
			return nil
		}
		if role := orNil(prior, "role"); role != nil {
			if _, err := p.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: orNil(plan, "id"), RoleName: role}); err != nil {
				return err
			}
		}
		_, err := p.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: orNil(plan, "id"), RoleName: orNil(plan, "role")})
		return err
	},
	tagged: true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{
			InstanceProfileName: orNil(plan, "name"), Path: orNil(plan, "path"), Tags: iamTags(plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		_, err = p.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: orNil(plan, "name"), RoleName: orNil(plan, "role")})
		return object{"id": aws.ToString(made.InstanceProfile.InstanceProfileName)}, err
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		found, err := p.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: orNil(state, "id")})
		if err = unless(err, noEntity); err != nil || found == nil || found.InstanceProfile == nil {
			return nil, err
		}
		one := found.InstanceProfile
		read := object{
			"id": deref(one.InstanceProfileName), "name": deref(one.InstanceProfileName), "path": deref(one.Path), "arn": deref(one.Arn),
			"unique_id": deref(one.InstanceProfileId), "name_prefix": "", "tags_all": iamTagsOf(one.Tags),
		}
		if role := first(one.Roles); role != nil {
			read["role"] = deref(role.RoleName)
		}
		if one.CreateDate != nil {
			read["create_date"] = one.CreateDate.Format("2006-01-02T15:04:05Z07:00")
		}
		return read, nil
	},
	tag: func(ctx context.Context, p *provider, state object, set map[string]string, remove []string) error {
		if len(remove) > 0 {
			if _, err := p.iam.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: orNil(state, "id"), TagKeys: remove}); err != nil {
				return err
			}
		}
		_, err := p.iam.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: orNil(state, "id"), Tags: iamTags(asAny(set))})
		return err
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		if role := orNil(state, "role"); role != nil {
			_, err := p.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: orNil(state, "id"), RoleName: role})
			if err = unless(err, noEntity); err != nil {
				return err
			}
		}
		_, err := p.iam.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: orNil(state, "id")})
		return unless(err, noEntity)
	},
}
