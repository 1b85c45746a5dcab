"""What is sent to Patroni's configuration in etcd."""

import unittest

from hathi_node.patroni import difference, is_primary, patch_for


class PatchTest(unittest.TestCase):
    def test_contains_only_what_differs(self):
        found = {'ttl': 30, 'loop_wait': 10, 'postgresql': {'use_slots': True, 'parameters': {'work_mem': '4MB'}}}
        wanted = {'ttl': 30, 'loop_wait': 2, 'postgresql': {'parameters': {'work_mem': '4MB'}}}
        self.assertEqual(patch_for(found, wanted), {'loop_wait': 2})

    def test_keeps_keys_that_are_not_wanted_and_removes_parameters_that_are_not(self):
        found = {'pause': True, 'postgresql': {'parameters': {'max_connections': 100, 'work_mem': '4MB'}}}
        wanted = {'postgresql': {'parameters': {'max_connections': 200}}}
        self.assertEqual(
            patch_for(found, wanted),
            {'postgresql': {'parameters': {'max_connections': 200, 'work_mem': None}}},
        )

    def test_compares_values_as_text(self):
        self.assertEqual(difference({'a': 1, 'b': 'x'}, {'a': '1', 'c': 2}), {'b': None, 'c': 2})
        self.assertEqual(patch_for({'ttl': 30}, {'ttl': '30'}), {})


class RoleTest(unittest.TestCase):
    def test_knows_the_words_of_all_versions(self):
        self.assertTrue(is_primary({'role': 'master'}))
        self.assertTrue(is_primary({'role': 'primary'}))
        self.assertFalse(is_primary({'role': 'replica'}))
        self.assertFalse(is_primary({}))


if __name__ == '__main__':
    unittest.main()
