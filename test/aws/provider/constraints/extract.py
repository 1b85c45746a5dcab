#!/usr/bin/env python3
"""Writes constraints.json: what EC2, IAM, S3, KMS and STS accept of the requests that the AWS target sends.

    .tools/aws-venv/bin/python test/aws/provider/constraints/extract.py [--check]
    biome check --write test/aws/provider/constraints

The source is the service models that botocore publishes. Lengths, patterns, ranges and enumerations
are read as data. A limit that the model states only as a sentence stands in INTERPRETED, with the
words that it was read from. The script fails if a model no longer has these words, and if an operation
below has a "Constraints:" sentence that nobody has read. Limits that no model states are in
DOCUMENTED, with the page of the AWS documentation.
"""

import html
import json
import pathlib
import re
import sys

import botocore
import botocore.loaders

HERE = pathlib.Path(__file__).parent
FILE = HERE / 'constraints.json'

# Operations that change something, as the stand-in provider and src/targets/aws call them.
OPERATIONS = {
    'ec2': [
        'AllocateAddress',
        'AssociateAddress',
        'AssociateIamInstanceProfile',
        'AssociateRouteTable',
        'AttachInternetGateway',
        'AttachVolume',
        'AuthorizeSecurityGroupEgress',
        'AuthorizeSecurityGroupIngress',
        'CreateInternetGateway',
        'CreateNatGateway',
        'CreateRoute',
        'CreateRouteTable',
        'CreateSecurityGroup',
        'CreateSubnet',
        'CreateTags',
        'CreateVolume',
        'CreateVpc',
        'ImportKeyPair',
        'ModifyInstanceAttribute',
        'ModifyInstanceMetadataOptions',
        'ModifySecurityGroupRules',
        'ModifySubnetAttribute',
        'ModifyVolume',
        'ModifyVpcAttribute',
        'ReplaceIamInstanceProfileAssociation',
        'ReplaceRoute',
        'ReplaceRouteTableAssociation',
        'RunInstances',
    ],
    'iam': [
        'AddRoleToInstanceProfile',
        'AttachRolePolicy',
        'CreateInstanceProfile',
        'CreateRole',
        'TagInstanceProfile',
        'TagRole',
        'UpdateAssumeRolePolicy',
    ],
}

# Members outside these operations whose limits count for the settings of a cluster.
MEMBERS = {
    'kms': [('DescribeKeyRequest', 'KeyId')],
    'sts': [('AssumeRoleRequest', 'RoleArn')],
}

# Lists of values that grow with every release of the model, and that EC2 itself offers to look up.
OPEN_ENUMERATIONS = {'InstanceType'}

# The set of characters of a description, with and without "&", as regular expressions.
DESCRIPTION = r'^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$'
STRICT_DESCRIPTION = DESCRIPTION.replace('&', '')
CHARACTERS = 'Allowed characters are a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*'
STRICT_CHARACTERS = CHARACTERS.replace('&', '')
UP_TO_255 = 'Up to 255 characters in length'


def read(service, where, quotes, applies_to, **limit):
    """`where` is Shape.Member, or the name of an operation, whose documentation has the quotes."""
    return {'service': service, 'where': where, 'quotes': quotes, 'applies_to': applies_to, 'limit': limit}


INTERPRETED = [
    read(
        'ec2',
        'CreateSecurityGroupRequest.Description',
        [UP_TO_255, 'a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*'],
        ['CreateSecurityGroupRequest.Description'],
        max_length=255,
        pattern=DESCRIPTION,
    ),
    read(
        'ec2',
        'CreateSecurityGroupRequest.GroupName',
        [UP_TO_255, "Can't start with sg-", 'a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*'],
        ['CreateSecurityGroupRequest.GroupName'],
        max_length=255,
        pattern=DESCRIPTION,
        not_prefix='sg-',
    ),
    read(
        'ec2',
        'IpRange.Description',
        [UP_TO_255, CHARACTERS],
        ['IpRange.Description'],
        max_length=255,
        pattern=DESCRIPTION,
    ),
    read(
        'ec2',
        'Ipv6Range.Description',
        [UP_TO_255, CHARACTERS],
        ['Ipv6Range.Description'],
        max_length=255,
        pattern=DESCRIPTION,
    ),
    read(
        'ec2',
        'PrefixListId.Description',
        [UP_TO_255, STRICT_CHARACTERS],
        ['PrefixListId.Description'],
        max_length=255,
        pattern=STRICT_DESCRIPTION,
    ),
    # A modified rule may refer to a group, so the stricter of the two sets counts.
    read(
        'ec2',
        'UserIdGroupPair.Description',
        [UP_TO_255, STRICT_CHARACTERS],
        ['UserIdGroupPair.Description', 'SecurityGroupRuleRequest.Description'],
        max_length=255,
        pattern=STRICT_DESCRIPTION,
    ),
    read(
        'ec2',
        'CreateKeyPairRequest.KeyName',
        ['Up to 255 ASCII characters'],
        ['ImportKeyPairRequest.KeyName', 'RunInstancesRequest.KeyName'],
        max_length=255,
        pattern=r'^[\u0020-\u007E]*$',
    ),
    read(
        'ec2',
        'Tag.Key',
        ['a maximum of 127 Unicode characters', 'May not begin with aws:'],
        ['Tag.Key'],
        min_length=1,
        max_length=127,
        not_prefix='aws:',
    ),
    read('ec2', 'Tag.Value', ['a maximum of 256 Unicode characters'], ['Tag.Value'], max_length=256),
    read(
        'ec2',
        'RunInstancesRequest.ClientToken',
        ['Maximum 64 ASCII characters'],
        ['RunInstancesRequest.ClientToken'],
        max_length=64,
        pattern=r'^[\u0020-\u007E]*$',
    ),
    read(
        'ec2',
        'FleetLaunchTemplateSpecificationRequest.LaunchTemplateSpecificationUserData',
        ['User data is limited to 16 KB, in raw form, before it is base64-encoded'],
        ['RunInstancesRequest.UserData', 'SecureBlobAttributeValue.Value'],
        max_decoded_bytes=16384,
    ),
    read(
        'ec2',
        'CreateTagsRequest.Resources',
        ['Up to 1000 resource IDs'],
        ['CreateTagsRequest.Resources'],
        max_items=1000,
    ),
    read(
        'ec2',
        'InstanceMetadataOptionsRequest.HttpPutResponseHopLimit',
        ['Integers from 1 to 64'],
        [
            'InstanceMetadataOptionsRequest.HttpPutResponseHopLimit',
            'ModifyInstanceMetadataOptionsRequest.HttpPutResponseHopLimit',
        ],
        minimum=1,
        maximum=64,
    ),
    read(
        'ec2',
        'IpRange.CidrIp',
        ['canonicalizes IPv4 and IPv6 CIDRs'],
        [
            'IpRange.CidrIp',
            'Ipv6Range.CidrIpv6',
            'SecurityGroupRuleRequest.CidrIpv4',
            'SecurityGroupRuleRequest.CidrIpv6',
        ],
        canonical_cidr=True,
    ),
    read(
        'ec2',
        'CreateVpcRequest.CidrBlock',
        ['We modify the specified CIDR block to its canonical form'],
        ['CreateVpcRequest.CidrBlock'],
        canonical_cidr=True,
    ),
    read(
        'ec2',
        'CreateSubnetRequest.CidrBlock',
        ['We modify the specified CIDR block to its canonical form'],
        ['CreateSubnetRequest.CidrBlock'],
        canonical_cidr=True,
    ),
    read(
        'ec2',
        'CreateRouteRequest.DestinationCidrBlock',
        ['We modify the specified CIDR block to its canonical form'],
        ['CreateRouteRequest.DestinationCidrBlock'],
        canonical_cidr=True,
    ),
    # Sentences about values that are never sent here, or that repeat the type.
    read('ec2', 'BlockDeviceMapping.VirtualName', ['For M3 instances'], []),
    read('ec2', 'RunInstancesRequest.MaxCount', ['Between 1 and the quota'], []),
    read('ec2', 'RunInstancesRequest.MinCount', ['Between 1 and the quota'], []),
]

# Numbers that are no property of one member.
QUOTED_LIMITS = {
    'tags_per_resource': (50, 'ec2', 'CreateTags', 'Each resource can have a maximum of 50 tags'),
    'subnet_min_prefix': (16, 'ec2', 'CreateSubnet', 'a /16 netmask (65,536 IP addresses)'),
    'subnet_max_prefix': (28, 'ec2', 'CreateSubnet', 'between a /28 netmask (16 IP addresses)'),
    'gp3_min_size_gib': (1, 'ec2', 'CreateVolumeRequest.Size', 'gp3: 1 - 65,536 GiB'),
    'gp3_max_size_gib': (65536, 'ec2', 'CreateVolumeRequest.Size', 'gp3: 1 - 65,536 GiB'),
    'gp3_min_iops': (3000, 'ec2', 'CreateVolumeRequest.Iops', 'gp3: 3,000 (default) - 80,000 IOPS'),
    'gp3_max_iops': (80000, 'ec2', 'CreateVolumeRequest.Iops', 'gp3: 3,000 (default) - 80,000 IOPS'),
    'gp3_min_throughput_mib_s': (125, 'ec2', 'CreateVolumeRequest.Throughput', 'Valid Range: 125 - 2000 MiB/s'),
    'gp3_max_throughput_mib_s': (2000, 'ec2', 'CreateVolumeRequest.Throughput', 'Valid Range: 125 - 2000 MiB/s'),
    'volume_shrinks': (
        False,
        'ec2',
        'ModifyVolumeRequest.Size',
        'must be greater than or equal to the existing size of the volume',
    ),
    'subnets_overlap': (False, 'ec2', 'CreateSubnet', 'must not overlap the CIDR block of an existing subnet'),
}

GP3_PAGE = 'https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type'
VPC_PAGE = 'https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html'
QUOTA_PAGE = 'https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html'
BUCKET_PAGE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html'

# In no model; by the documentation of AWS.
DOCUMENTED = {
    'gp3_max_iops_per_gib': (500, GP3_PAGE),
    'gp3_max_throughput_mib_s_per_iops': (0.25, GP3_PAGE),
    'rules_per_security_group': (60, QUOTA_PAGE),
    'vpc_min_prefix': (16, VPC_PAGE),
    'vpc_max_prefix': (28, VPC_PAGE),
    'bucket_pattern': ('^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', BUCKET_PAGE),
}


def plain(text):
    """The words of a model's documentation, without markup."""
    return re.sub(r'\s+', ' ', html.unescape(re.sub(r'<[^>]+>', '', text or ''))).strip()


class Model:
    """One service, with the names that its wire protocol gives to parameters."""

    def __init__(self, service):
        self.service = service
        self.model = botocore.loaders.Loader().load_service_model(service, 'service-2')
        self.is_ec2 = self.model['metadata']['protocol'] == 'ec2'

    def shape(self, name):
        return self.model['shapes'][name]

    def documentation(self, where):
        shape, _, member = where.partition('.')
        if not member:
            return plain(self.model['operations'][shape].get('documentation'))
        return plain(self.shape(shape)['members'][member].get('documentation'))

    def input(self, operation):
        return self.model['operations'][operation]['input']['shape']

    def parameters(self, shape, prefix='', seen=()):
        """(name on the wire, Shape.Member, shape of the value), of every member below a structure."""
        if shape in seen:
            return
        for member, definition in self.shape(shape).get('members', {}).items():
            target = self.shape(definition['shape'])
            name = prefix + self.name(member, definition)
            where = f'{shape}.{member}'
            yield name, where, target
            if target['type'] == 'list':
                name += '.#' if self.is_ec2 or target.get('flattened') else '.member.#'
                element = target['member']['shape']
                if self.shape(element)['type'] == 'structure':
                    yield from self.parameters(element, name + '.', (*seen, shape))
                else:
                    yield name, f'{where}[]', self.shape(element)
            elif target['type'] == 'structure':
                yield from self.parameters(definition['shape'], name + '.', (*seen, shape))

    def name(self, member, definition):
        if not self.is_ec2:
            return definition.get('locationName', member)
        if 'queryName' in definition:
            return definition['queryName']
        name = definition.get('locationName', member)
        return name[0].upper() + name[1:]


def by_data(where, shape):
    """What the model states as data."""
    limit = {}
    is_text, is_list = shape['type'] in ('string', 'blob'), shape['type'] == 'list'
    for key, name in (('min', 'minimum'), ('max', 'maximum')):
        if key in shape:
            kind = f'{key}_length' if is_text else f'{key}_items' if is_list else name
            limit[kind] = shape[key]
    if 'pattern' in shape:
        limit['pattern'] = f'^(?:{shape["pattern"]})$'
    if 'enum' in shape and where.rpartition('.')[2] not in OPEN_ENUMERATIONS:
        limit['enum'] = shape['enum']
    return limit


def interpreted(models):
    """Shape.Member with its limit, after a look whether each model still has the words."""
    limits, known, wrong = {}, set(), []
    for entry in INTERPRETED:
        text = models[entry['service']].documentation(entry['where'])
        wrong += [f'{entry["where"]}: no longer says "{quote}"' for quote in entry['quotes'] if quote not in text]
        known.add(entry['where'])
        for where in entry['applies_to']:
            limits[f'{entry["service"]}:{where}'] = {
                **entry['limit'],
                'source': f'{entry["where"]}: {"; ".join(entry["quotes"])}',
            }
    return limits, known, wrong


def main():
    models = {service: Model(service) for service in (*OPERATIONS, *MEMBERS)}
    sentences, known, wrong = interpreted(models)
    constraints, parameters = {}, {}
    for service, operations in OPERATIONS.items():
        model = models[service]
        for operation in operations:
            names = {}
            for name, where, shape in model.parameters(model.input(operation)):
                key = f'{service}:{where}'
                limit = {**by_data(where, shape), **sentences.get(key, {})}
                documented = '' if where.endswith('[]') else model.documentation(where)
                if 'Constraints:' in documented and where not in known:
                    wrong.append(f'{where}: nobody has read "{documented}"')
                if limit:
                    limit.setdefault('source', f'{where}: model')
                    constraints[key] = limit
                    names[name] = key
            parameters[f'{service}:{operation}'] = names
    for service, members in MEMBERS.items():
        for shape, member in members:
            target = models[service].shape(models[service].shape(shape)['members'][member]['shape'])
            constraints[f'{service}:{shape}.{member}'] = {
                **by_data(member, target),
                'source': f'{shape}.{member}: model',
            }
    limits = {name: {'value': value, 'source': page} for name, (value, page) in DOCUMENTED.items()}
    for name, (value, service, where, quote) in QUOTED_LIMITS.items():
        if quote not in models[service].documentation(where):
            wrong.append(f'{where}: no longer says "{quote}"')
        limits[name] = {'value': value, 'source': f'{where}: {quote}'}
    unused = set(sentences) - set(constraints)
    wrong += [f'{where}: part of no operation' for where in sorted(unused)]
    if wrong:
        sys.exit('\n'.join(wrong))
    document = {
        '//': 'Written by extract.py; never edited by hand.',
        'botocore': botocore.__version__,
        'limits': limits,
        'constraints': constraints,
        'parameters': parameters,
    }
    if '--check' not in sys.argv:
        FILE.write_text(json.dumps(document, indent=2, sort_keys=True) + '\n')
    elif json.loads(FILE.read_text()) != json.loads(json.dumps(document)):
        sys.exit('constraints.json is not up to date; run extract.py')


main()
