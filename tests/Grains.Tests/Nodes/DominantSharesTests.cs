using OrleansTasks.Nodes;
using OrleansTasks.Resources;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>How a node's resources are divided among queues by dominant resource, as if leases had fractions.</summary>
public sealed class DominantSharesTests
{
    private const double Rounding = 1e-6;
    private const string A = "a";
    private const string B = "b";

    private static readonly ResourceVector Offered = ResourceVector.Parse("cpu=16000 gpu=4 memory=64");

    [Fact]
    public void Divide_TheExampleOfThePaper_GivesWhatThePaperGives()
    {
        var shares = Of(
            slots: 100, "cpu=9 memory=18", new(A, Shape("cpu=1 memory=4"), 100, 1),
            new(B, Shape("cpu=3 memory=1"), 100, 1));

        Assert.Equal([3, 2], shares.Leases.Select(static leases => Math.Round(leases, 6)));
        Assert.Equal(shares.ShareOf(A), shares.ShareOf(B), Rounding);
    }

    [Fact]
    public void Divide_WeightThree_HasThreeTimesTheDominantShare()
    {
        var shares = Of(
            slots: 100, "cpu=16 gpu=4", new(A, Shape("gpu=1"), 100, 3), new(B, Shape("cpu=4 gpu=1"), 100, 1));

        Assert.Equal(3, shares.ShareOf(A) / shares.ShareOf(B), Rounding);
    }

    [Fact]
    public void Divide_CoresThatNobodyElseWants_CostTheQueueThatWantsGpusNothing()
    {
        // Both have what they want: the cores are enough for all GPUs and for the other queue.
        var shares = Of(
            slots: 100, "cpu=16 gpu=4", new(A, Shape("cpu=2 gpu=1"), 100, 1), new(B, Shape("cpu=1"), 8, 1));

        Assert.Equal([4, 8], shares.Leases.Select(static leases => Math.Round(leases, 6)));
    }

    [Fact]
    public void Divide_TwoShapesOfOneQueue_CountTogether()
    {
        var shares = Of(
            slots: 100, "cpu=16 gpu=4", new(A, Shape("gpu=1"), 100, 1), new(A, Shape("cpu=1 gpu=1"), 100, 1),
            new(B, Shape("gpu=1"), 100, 1));

        Assert.Equal([1, 1, 2], shares.Leases.Select(static leases => Math.Round(leases, 6)));
    }

    [Fact]
    public void Divide_AShapeThatDoesNotRaiseTheDominantShare_CostsItsQueueNothing()
    {
        // The queue's GPUs are the larger part of what it has, so its cores come on top.
        var shares = Of(
            slots: 100, "cpu=16 gpu=4", new(A, Shape("gpu=1"), 100, 1), new(A, Shape("cpu=1"), 2, 1),
            new(B, Shape("gpu=1"), 100, 1));

        Assert.Equal([2, 2, 2], shares.Leases.Select(static leases => Math.Round(leases, 6)));
    }

    [Fact]
    public void Divide_WithoutResources_DividesSlotsByWeight()
    {
        var plain = ResourceVector.None;

        var shares = Of(slots: 8, "cpu=16", new(A, plain, 100, 1), new(B, plain, 100, 2), new("c", plain, 2, 5));

        Assert.Equal([2, 4, 2], shares.Leases.Select(static leases => Math.Round(leases, 6)));
    }

    [Fact]
    public void Divide_MoreThanTheNodeOffers_GetsNothing() =>
        Assert.Equal(
            [0, 8], Of(slots: 8, "cpu=16", new(A, Shape("gpu=1"), 100, 1), new(B, ResourceVector.None, 100, 1)).Leases);

    [Fact]
    public void Divide_AnyClaims_IsFeasibleWastesNothingAndIsFair()
    {
        var random = new Random(1);
        string[] shapes =
        [
            "", "cpu=1000", "cpu=4000", "gpu=1", "cpu=1000 gpu=1", "cpu=3000 memory=8", "memory=16", "gpu=2 memory=1",
            "cpu=16000",
        ];
        for (var run = 0; run < 2_000; run++)
        {
            var slots = random.Next(1, 40);
            var weights = Enumerable.Range(0, 5).Select(_ => random.Next(1, 6)).ToArray();
            ShareClaim[] claims =
            [
                .. Enumerable.Range(0, random.Next(1, 7))
                    .Select(_ => (Queue: random.Next(5), Shape: random.Next(shapes.Length))).Distinct()
                    .Select(one => new ShareClaim(
                        $"q{one.Queue}", Shape(shapes[one.Shape]), random.Next(0, 40), weights[one.Queue])),
            ];

            var shares = new DominantShares(claims, slots, Offered);

            AssertFair(claims, slots, shares, run);
        }
    }

    private static void AssertFair(ShareClaim[] claims, int slots, DominantShares shares, int run)
    {
        double UsedOf(int i) => claims.Select((claim, at) => shares.Leases[at] * Parts(claim.Shape, slots)[i]).Sum();
        double[] used = [.. Enumerable.Range(0, Offered.Amounts.Length + 1).Select(UsedOf)];
        Assert.All(used, part => Assert.InRange(part, 0, 1 + Rounding));
        var all = claims.Where(static claim => claim.Demand > 0).DistinctBy(static claim => claim.Queue)
            .Sum(static claim => claim.Weight);
        double LevelOf(ShareClaim claim) => shares.ShareOf(claim.Queue) / claim.Weight;
        for (var at = 0; at < claims.Length; at++)
        {
            var claim = claims[at];
            Assert.InRange(shares.Leases[at], 0, claim.Demand + Rounding);
            if (shares.Leases[at] > claim.Demand - Rounding)
                continue;
            // Something that it needs is used up, so nothing is wasted.
            var full = Enumerable.Range(0, used.Length)
                .Where(i => Parts(claim.Shape, slots)[i] > 0 && used[i] > 1 - Rounding).ToArray();
            Assert.True(
                full.Length > 0,
                $"Run {run}: {claim} gets {shares.Leases[at]}, and nothing is used up: {string.Join(' ', used)}.");
            // Each gets at least what its weight would buy of a node that is cut into parts.
            Assert.True(
                shares.ShareOf(claim.Queue) >= (claim.Weight / (double)all) - Rounding,
                $"Run {run}: {claim} has a share of {shares.ShareOf(claim.Queue)}.");
            if (claims.Count(other => other.Queue == claim.Queue) > 1)
                continue;
            // Nobody who has some of what is used up has more for its weight, for one of the resources at least.
            Assert.True(
                full.Any(i => claims.All(other => Parts(other.Shape, slots)[i] == 0
                    || claims.Count(one => one.Queue == other.Queue) > 1
                    || LevelOf(other) <= LevelOf(claim) + Rounding)),
                $"Run {run}: {claim} has {LevelOf(claim)}; all have {string.Join(' ', claims.Select(LevelOf))}.");
        }
    }

    private static double[] Parts(ResourceVector shape, int slots) =>
        [1.0 / slots, .. Offered.Amounts.Select(one => shape[one.Name] / (double)one.Amount)];

    private static DominantShares Of(int slots, string offered, params ShareClaim[] claims) =>
        new(claims, slots, ResourceVector.Parse(offered));

    private static ResourceVector Shape(string text) => ResourceVector.Parse(text);
}
