"""Files of a node, each written as a whole."""

import grp
import os
import pwd


def place_file(node, path, content, owner, mode):
    """Make one file so, as a whole: written beside, then renamed. Returns whether it was not so."""
    user = pwd.getpwnam(owner)
    group = grp.getgrgid(user.pw_gid)
    wanted = content.encode()
    permissions = int(mode, 8)
    try:
        status = os.stat(path)
        with open(path, 'rb') as handle:
            found = handle.read()
    except FileNotFoundError:
        status, found = None, None
    if (
        status is not None
        and found == wanted
        and (status.st_uid, status.st_gid) == (user.pw_uid, group.gr_gid)
        and status.st_mode & 0o7777 == permissions
    ):
        return False
    if node.check_mode:
        return True
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o755, exist_ok=True)
    beside = f'{path}.new'
    if os.path.exists(beside):
        os.unlink(beside)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, 'wb') as handle:
        handle.write(wanted)
        os.fchown(descriptor, user.pw_uid, group.gr_gid)
        os.fchmod(descriptor, permissions)
        handle.flush()
        os.fsync(descriptor)
    os.rename(beside, path)
    return True


def place_files(node):
    """Make the files so. Returns the paths that were not."""
    return [entry['path'] for entry in node.files if place_file(node, **entry)]
