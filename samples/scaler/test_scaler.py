"""What the scaler decides. Run it with: python3 -m unittest discover samples/scaler"""

import unittest

from scaler import Pools, Shape

CPU = Shape("cpu", slots=4, resources={"cpu": 4}, labels={"zone": "a"}, most=3)
GPU = Shape("gpu", slots=8, resources={"cpu": 16, "gpu": 2}, labels={}, most=10)


def group(count, requires=None, **resources):
    return {"requires": requires or {}, "resources": resources, "count": count}


def node(name, pool="cpu", state="ready", running=0):
    return {"id": name, "labels": {"pool": pool, "zone": "a"}, "state": state, "running": running}


class PoolsTests(unittest.TestCase):
    def setUp(self):
        self.pools = Pools([CPU, GPU], idle=60, start_limit=300)

    def test_from_zero_orders_what_is_needed_of_the_first_shape_that_fits(self):
        plan = self.pools.plan([group(5, cpu=2), group(3, gpu=1), group(1, cpu=2)], [], 0)
        self.assertEqual({"cpu": 3, "gpu": 2}, plan.up)

    def test_what_no_shape_can_run_orders_nothing(self):
        plan = self.pools.plan([group(5, gpu=3), group(1, license=1), group(1, {"zone": "b"}, cpu=17)], [], 0)
        self.assertEqual({}, plan.up)

    def test_a_required_pool_is_that_pool(self):
        self.assertEqual({"gpu": 1}, self.pools.plan([group(1, {"pool": "gpu"})], [], 0).up)

    def test_most_holds_and_counts_what_is_coming(self):
        self.assertEqual({"cpu": 3}, self.pools.plan([group(100, cpu=4)], [], 0).up)
        self.pools.started("cpu", 3, 0)
        self.assertEqual({}, self.pools.plan([group(100, cpu=4)], [], 1).up)
        # One has come, the others have not within their limit.
        busy = [node("a", running=1, state="busy")]
        self.assertEqual({}, self.pools.plan([group(100, cpu=4)], busy, 2).up)
        self.assertEqual({"cpu": 2}, self.pools.plan([group(100, cpu=4)], busy, 301).up)

    def test_what_is_coming_is_not_ordered_again(self):
        self.pools.started("cpu", 2, 0)
        self.assertEqual({}, self.pools.plan([group(2, cpu=4)], [], 1).up)
        self.assertEqual({"cpu": 1}, self.pools.plan([group(3, cpu=4)], [], 1).up)

    def test_an_idle_node_takes_what_waits(self):
        self.assertEqual({}, self.pools.plan([group(2, cpu=2)], [node("a")], 0).up)

    def test_a_node_is_drained_when_idle_for_long_and_taken_when_nothing_runs_on_it(self):
        self.assertEqual([], self.pools.plan([], [node("a"), node("b", running=1)], 0).drain)
        self.assertEqual([], self.pools.plan([], [node("a", running=1), node("b")], 59).drain)
        plan = self.pools.plan([], [node("a"), node("b")], 119)
        self.assertEqual((["b"], []), (plan.drain, plan.down))
        # A task was on its way when it was drained.
        self.assertEqual([], self.pools.plan([], [node("b", state="draining", running=1)], 120).down)
        self.assertEqual(["b"], self.pools.plan([], [node("b", state="draining")], 121).down)

    def test_a_node_that_was_taken_is_not_taken_again_while_it_is_still_listed(self):
        drained = [node("b", state="draining")]
        self.assertEqual(["b"], self.pools.plan([], drained, 0).down)
        self.pools.stopped("b", 0)
        self.assertEqual([], self.pools.plan([], drained, 299).down)
        # It was not stopped after all.
        self.assertEqual(["b"], self.pools.plan([], drained, 300).down)

    def test_a_drained_node_is_resumed_rather_than_a_new_one_ordered(self):
        self.pools.ours.add("a")
        nodes = [node("a", state="draining"), node("person", state="draining"), node("other", "gpu", "lost")]
        plan = self.pools.plan([group(8, cpu=1)], nodes, 0)
        self.assertEqual((["a"], {"cpu": 1}, ["person"]), (plan.resume, plan.up, plan.down))

    def test_nodes_of_no_pool_are_left_alone(self):
        stranger = {"id": "x", "labels": {}, "state": "draining", "running": 0}
        self.pools.plan([], [stranger], 0)
        plan = self.pools.plan([], [stranger], 1000)
        self.assertEqual(([], []), (plan.drain, plan.down))


if __name__ == "__main__":
    unittest.main()
