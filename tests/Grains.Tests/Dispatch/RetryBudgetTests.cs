using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Which failure counts in which budget, and which one is the last; the packed counts; the growth of memory.</summary>
public sealed class RetryBudgetTests
{
    private static readonly RetryRules Rules = RetryRules.None.WithBudget(FailureCause.Exit, 3).WithBudget(FailureCause.Timeout, 2) with
    {
        ExitCodes = ExitCodeSet.Parse("75,100-110"), FatalExitCodes = ExitCodeSet.Parse("2,64-74"),
    };

    private static readonly RetryPolicy Policy = new(4, 1, 1, true, Rules);

    public static TheoryData<EndReason, int?, FailureCause> Causes => new()
    {
        { EndReason.Exit, 75, FailureCause.Exit },
        { EndReason.Exit, 110, FailureCause.Exit },
        { EndReason.Exit, 111, FailureCause.None },
        { EndReason.Exit, 2, FailureCause.None },
        { EndReason.Exit, null, FailureCause.None },
        { EndReason.Timeout, null, FailureCause.Timeout },
        { EndReason.Timeout, 75, FailureCause.Timeout },
        { EndReason.Signal, null, FailureCause.None },
        { EndReason.OutOfMemory, null, FailureCause.None },
        { EndReason.NodeLost, null, FailureCause.None },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void CauseOf_IsTheCauseWithABudgetForIt(EndReason reason, int? exitCode, FailureCause expected) =>
        Assert.Equal(expected, Rules.CauseOf(reason, exitCode));

    [Fact]
    public void CauseOf_WithoutCodes_HasEveryExit()
    {
        Assert.Equal(FailureCause.Exit, (Rules with { ExitCodes = null }).CauseOf(EndReason.Exit, 200));
        Assert.Equal(FailureCause.None, (Rules with { ExitCodes = default(ExitCodeSet) }).CauseOf(EndReason.Exit, 200));
    }

    [Theory]
    [InlineData("75 75 75", 3)]
    [InlineData("75 1 75 1 75 1", 5)]
    [InlineData("1 1 1 1 75", 4)]
    [InlineData("timeout timeout 75", 2)]
    [InlineData("75 1 timeout 1 75 1 1", 7)]
    [InlineData("64", 1)]
    [InlineData("1 75 74 1", 3)]
    [InlineData("timeout 2", 2)]
    public void Spend_FailuresInARow_TheLastIsTheOneThatUsesABudgetUp(string failures, int last)
    {
        var counts = default(FailureCounts);
        var ends = failures.Split(' ').Select(failure =>
        {
            var isTimeout = failure == "timeout";
            return RetryBudget.Spend(Policy, isTimeout ? EndReason.Timeout : EndReason.Exit, isTimeout ? null : int.Parse(failure, null), ref counts, 0);
        }).ToList();

        Assert.Equal(last, ends.IndexOf(true) + 1);
    }

    [Fact]
    public void Spend_WithoutRules_CountsEverythingTowardsMaxAttempts()
    {
        var counts = default(FailureCounts);
        var policy = new RetryPolicy(3, 1, 1, false);
        EndReason[] reasons = [EndReason.Exit, EndReason.NodeLost, EndReason.OutOfMemory];
        Assert.Equal([false, false, true], reasons.Select(reason => RetryBudget.Spend(policy, reason, 64, ref counts, 0)));
        Assert.Equal(3, counts.Packed);
    }

    [Fact]
    public void Spend_SeveralBudgets_NeverMoreThanAHundredInAll()
    {
        var policy = new RetryPolicy(100, 1, 1, true, Rules.WithBudget(FailureCause.Timeout, 100).WithBudget(FailureCause.NodeLost, 100));
        var counts = default(FailureCounts);
        for (var i = 1; i <= 49; i++)
        {
            Assert.False(RetryBudget.Spend(policy, EndReason.Timeout, null, ref counts, losses: 1), $"{i} timeouts were too many.");
            Assert.False(RetryBudget.Spend(policy, EndReason.Signal, null, ref counts, losses: 1), $"{i} signals were too many.");
        }

        Assert.True(RetryBudget.IsLostTooOften(policy, counts, 2, 5));
        Assert.True(RetryBudget.Spend(policy, EndReason.Signal, null, ref counts, losses: 1));
    }

    [Theory]
    [InlineData(0, 5, 6)]
    [InlineData(0, 2, 3)]
    [InlineData(1, 5, 1)]
    [InlineData(4, 5, 4)]
    [InlineData(100, 5, 100)]
    public void IsLostTooOften_AtTheBudgetOfLosses(int budget, int mostLosses, int last)
    {
        var policy = new RetryPolicy(1, 1, 1, true, Rules.WithBudget(FailureCause.NodeLost, budget));
        for (var losses = 1; losses <= last; losses++)
            Assert.Equal(losses == last, RetryBudget.IsLostTooOften(policy, default, losses, mostLosses));
        Assert.Equal(last > mostLosses, RetryBudget.IsLostTooOften(policy with { Rules = null }, default, last, mostLosses));
    }

    [Fact]
    public void Counts_AnySequence_AreThoseOfAPlainArray()
    {
        var random = new Random(5);
        for (var run = 0; run < 200; run++)
        {
            var counts = default(FailureCounts);
            var plain = new int[9];
            for (var step = random.Next(400); step > 0; step--)
            {
                var cause = random.Next(9);
                counts = counts.Plus(CauseAt(cause));
                plain[cause] = Math.Min(100, plain[cause] + 1);
            }

            Assert.Equal(plain, Enumerable.Range(0, 9).Select(cause => counts[CauseAt(cause)]));
            // Causes about files have one count.
            Assert.Equal(plain[8], counts[FailureCause.ArtifactMissing]);
            Assert.Equal(plain[8], counts[FailureCause.FileUnavailable]);
            Assert.Equal(plain.Sum(), counts.Total);
            Assert.True(counts.Packed >= 0, "A count reached the sign.");
            Assert.Equal(counts, new FailureCounts(counts.Packed));
        }
    }

    private static FailureCause CauseAt(int place) => place == 8 ? FailureCause.ArtifactTooLarge : (FailureCause)place;

    [Theory]
    [InlineData(EndReason.FileUnavailable, FailureCause.FileUnavailable)]
    [InlineData(EndReason.ArtifactMissing, FailureCause.ArtifactMissing)]
    [InlineData(EndReason.ArtifactTooLarge, FailureCause.ArtifactTooLarge)]
    public void Spend_ACauseAboutFiles_HasItsOwnBudget(EndReason reason, FailureCause cause)
    {
        var policy = new RetryPolicy(1, 1, 1, true, Rules.WithBudget(cause, 3));
        var counts = default(FailureCounts);
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(_ => RetryBudget.Spend(policy, reason, null, ref counts, 0)));
        Assert.True(RetryBudget.Spend(policy, EndReason.Signal, null, ref counts, 0));
        Assert.Equal((3, 4), (counts[cause], counts.Total));
    }

    [Fact]
    public void Counts_FullOnes_LeaveTheirNeighboursAlone()
    {
        var counts = default(FailureCounts);
        for (var i = 0; i < 300; i++)
            counts = counts.Plus(FailureCause.None).Plus(FailureCause.BadResult);
        Assert.Equal(((100L << 56) | 100, 0), (counts.Packed, counts[FailureCause.Exit]));
        Assert.Throws<ArgumentOutOfRangeException>(() => counts.Plus(FailureCause.NodeLost));
    }

    [Fact]
    public void Counts_OfAnEarlierProgram_AreThoseTowardsMaxAttempts() =>
        Assert.Equal((7, 7), (new FailureCounts(7)[FailureCause.None], new FailureCounts(7).Total));

    [Theory]
    [InlineData(1_000, 2, 1_000_000, 0, 1_000)]
    [InlineData(1_000, 2, 1_000_000, 1, 2_000)]
    [InlineData(1_000, 2, 1_000_000, 3, 8_000)]
    [InlineData(1_000, 2, 5_000, 3, 5_000)]
    [InlineData(1_000, 1.5, 1_000_000, 2, 2_250)]
    [InlineData(1_000, 1, 1_000_000, 9, 1_000)]
    [InlineData(1_000, 16, long.MaxValue, 100, long.MaxValue)]
    [InlineData(long.MaxValue, 16, long.MaxValue, 100, long.MaxValue)]
    [InlineData(1, 16, long.MaxValue, 15, 1L << 60)]
    [InlineData(5_000, 2, 5_000, 1, 5_000)]
    [InlineData(100_000_000, 1.15, 1_000_000_000, 1, 115_000_000)]
    public void MemoryAfter_GrowsUpToItsBound(long bytes, double factor, long max, int failures, long expected) => Assert.Equal(
        expected, (RetryRules.None with { MemoryFactor = factor, MemoryMax = max }).MemoryAfter(bytes, failures));

    [Fact]
    public void MemoryAfter_AnyRules_NeverShrinksAndNeverPassesItsBound()
    {
        var random = new Random(9);
        for (var run = 0; run < 2_000; run++)
        {
            var bytes = random.NextInt64(1, long.MaxValue >> random.Next(63));
            var rules = RetryRules.None with { MemoryFactor = 1 + (random.NextDouble() * 15), MemoryMax = random.NextInt64(bytes, long.MaxValue) };
            var before = bytes;
            for (var failures = 0; failures <= 100; failures++)
            {
                var after = rules.MemoryAfter(bytes, failures);
                Assert.InRange(after, before, rules.MemoryMax);
                before = after;
            }
        }
    }

    [Fact]
    public void ExitCodes_AnySet_ContainWhatTheyWereMadeOf()
    {
        var random = new Random(3);
        for (var run = 0; run < 300; run++)
        {
            var plain = new HashSet<int>();
            var set = default(ExitCodeSet);
            for (var ranges = random.Next(6); ranges > 0; ranges--)
            {
                var first = random.Next(256);
                var last = random.Next(first, 256);
                set = set.Union(ExitCodeSet.Range(first, last));
                plain.UnionWith(Enumerable.Range(first, last - first + 1));
            }

            Assert.Equal(plain.Order(), Enumerable.Range(-300, 900).Where(set.Contains));
            Assert.Equal(set, ExitCodeSet.Parse(set.ToString()));
            var other = ExitCodeSet.Range(run % 256, run % 256);
            Assert.Equal(plain.Contains(run % 256), set.Overlaps(other));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("3-")]
    [InlineData("-3")]
    [InlineData("5-3")]
    [InlineData("256")]
    [InlineData("1-256")]
    [InlineData(" 1")]
    [InlineData("+1")]
    [InlineData("1-2-3")]
    [InlineData("0001")]
    public void ExitCodes_OtherTexts_AreNoRange(string text) => Assert.False(ExitCodeSet.TryParseRange(text, out _));
}
