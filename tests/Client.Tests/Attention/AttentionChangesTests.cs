using System.Collections.Immutable;
using OrleansTasks.Audit;
using OrleansTasks.Client.Attention;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Attention;

public sealed class AttentionChangesTests
{
    private const long Since = 1_900_000_000_000;

    private readonly List<AuditRecord> _audit = [];
    private int _readings;

    [Fact]
    public async Task AddTo_TakesTheNewestChangesOfTheHourBefore()
    {
        Record("queue.put", "etl", -3_600_001);
        Record("queue.put", "etl", -3_600_000, "fourth");
        Record("queue.put", "etl", -500, "third");
        Record("queue.put", "mail", -100);
        Record("queue.put", "etl", 0, "second");
        Record("queue.put", "etl", 10_000, "first");
        Record("queue.put", "etl", 10_001);

        Assert.Equal(["first", "second", "third"], await ReasonsBefore("failures-up", "etl"));
    }

    [Theory]
    [InlineData("queue-stuck", "drained")]
    [InlineData("no-node-fits", "drained")]
    [InlineData("failures-up", "")]
    public async Task AddTo_ForTasksThatCannotStart_TakesChangesOfNodes(string code, string expected)
    {
        Record("node.drain", "w1", -1, "drained");
        Assert.Equal(expected, string.Join(' ', await ReasonsBefore(code, "etl")));
    }

    [Fact]
    public async Task AddTo_ReadsOncePerItem_UntilItBeginsAnew()
    {
        Record("queue.put", "etl", -1, "paused");
        var changes = new AttentionChanges(Read);
        var item = new AttentionItem("queue-paused", false, "etl", "") { Since = Since };

        Assert.Single((await changes.AddTo([item]))[0].Before);
        Assert.Single((await changes.AddTo([item]))[0].Before);
        Assert.Equal(1, _readings);
        Assert.Single((await changes.AddTo([item with { Since = Since + 1 }]))[0].Before);
        Assert.Equal(2, _readings);
        await changes.AddTo([]);
        await changes.AddTo([item with { Since = Since + 1 }]);
        Assert.Equal(3, _readings);
    }

    private async Task<IEnumerable<string?>> ReasonsBefore(string code, string target) =>
        (await new AttentionChanges(Read).AddTo([new AttentionItem(code, true, target, "") { Since = Since }]))[0].Before
            .Select(static change => change.Origin.Reason);

    private Task<ImmutableArray<AuditRecord>> Read(AuditQuery query)
    {
        _readings++;
        return Task.FromResult<ImmutableArray<AuditRecord>>([.. Enumerable.Reverse(_audit).Where(record =>
            (query.Target is null || query.Target == record.Origin.Target)
            && (query.Action is null || query.Action == record.Origin.Action)).Take(query.Limit)]);
    }

    private void Record(string action, string target, long after, string? reason = null) => _audit.Add(new AuditRecord(
        new Origin(new TaskId(0, (ulong)_audit.Count), action, target) { Reason = reason }, Since + after, 1));
}
