using System.Text;
using OrleansTasks.Audit;
using OrleansTasks.Definitions;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of definitions must do.</summary>
public abstract class DefinitionStoreConformance
{
    protected abstract IDefinitionStore Store { get; }

    protected abstract IAuditStore Audit { get; }

    [Fact]
    public async Task Put_OtherBodies_NumbersTheVersions()
    {
        Assert.Equal((DefinitionOutcome.Created, 1), Outcome(await Store.Put(Body("a/b", "1"), null)));
        Assert.Equal((DefinitionOutcome.Unchanged, 1), Outcome(await Store.Put(Body("a/b", "1"), 9)));
        Assert.Equal((DefinitionOutcome.Changed, 2), Outcome(await Store.Put(Body("a/b", "2") with { Key = "k", KeyName = "", Says = "s", Reason = "why" }, 1)));
        Assert.Equal((DefinitionOutcome.Conflict, 2), Outcome(await Store.Put(Body("a/b", "3"), 1)));
        Assert.Equal(DefinitionOutcome.Conflict, (await Store.Put(Body("a/c", "3"), 1)).Outcome);
        Assert.Equal(DefinitionOutcome.Changed, (await Store.Put(Body("a/b", "2") with { Kind = DefinitionKind.Job }, 2)).Outcome);

        Assert.Equal("1", Text(await Store.Get("a/b", 1)));
        Assert.Equal(DefinitionKind.Job, (await Store.Get("a/b", null))!.Kind);
        Assert.Null(await Store.Get("a/b", 4));
        Assert.Null(await Store.Get("a/c", null));
        var history = (await Store.History("a/b", long.MaxValue, 10))!.Value;
        Assert.Equal([3L, 2, 1], history.Select(static one => one.Version));
        Assert.Equal(("k", "", "s", "why"), (history[1].Key, history[1].KeyName, history[1].Says, history[1].Reason));
        Assert.Null(history[0].Key);
        Assert.Equal([2L], (await Store.History("a/b", 3, 1))!.Value.Select(static one => one.Version));
    }

    [Fact]
    public async Task Put_ForNoVersion_OnlyCreates()
    {
        Assert.Equal((DefinitionOutcome.Created, 1), Outcome(await Store.Put(Body("new", "1"), 0)));
        Assert.Equal((DefinitionOutcome.Conflict, 1), Outcome(await Store.Put(Body("new", "2"), 0)));

        Assert.Equal("1", Text(await Store.Get("new", null)));
        await Store.Delete("new", 10);
        Assert.Equal((DefinitionOutcome.Created, 2), Outcome(await Store.Put(Body("new", "2"), 0)));
    }

    [Fact]
    public async Task Delete_ADefinition_EndsItsHistoryAndKeepsItsNumbers()
    {
        await Store.Put(Body("d", "1"), null);
        await Store.AddRun(Run("d", 1));

        Assert.True(await Store.Delete("d", 10));
        Assert.False(await Store.Delete("d", 11));

        Assert.Null(await Store.Get("d", null));
        Assert.Null(await Store.Get("d", 1));
        Assert.Null(await Store.History("d", long.MaxValue, 10));
        Assert.Empty(await Store.Runs("d", long.MaxValue, 10));
        Assert.Null(await Store.FindRun(Id(1)));
        Assert.Null(await Store.AddRun(Run("d", 2)));
        Assert.Equal((DefinitionOutcome.Created, 2), Outcome(await Store.Put(Body("d", "1"), null)));
    }

    [Fact]
    public async Task List_WithAPrefix_GoesByName()
    {
        foreach (var name in (string[])["p/b", "p/a", "q", "p-c", "p/a/x", "p"])
            await Store.Put(Body(name, name), null);
        await Store.Put(Body("p/z", ""), null);
        await Store.Delete("p/z", 10);

        Assert.Equal(["p", "p-c", "p/a", "p/a/x", "p/b", "q"], (await Store.List("", "", 10)).Select(static one => one.Name));
        Assert.Equal(["p/a", "p/a/x", "p/b"], (await Store.List("p/", "", 10)).Select(static one => one.Name));
        Assert.Equal(["p/a/x"], (await Store.List("p/", "p/a", 1)).Select(static one => one.Name));
    }

    [Fact]
    public async Task Runs_AreNumberedFoundAndForgotten()
    {
        await Store.Put(Body("r", "1"), null);
        for (var i = 1; i <= 3; i++)
            Assert.Equal(i, (await Store.AddRun(Run("r", i)))!.No);

        Assert.Equal(2, (await Store.AddRun(Run("r", 2)))!.No);
        // The repetition took no number.
        Assert.Equal(4, (await Store.AddRun(Run("r", 4)))!.No);
        await Store.RemoveRun(Id(4));
        Assert.Equal([Id(3), Id(2), Id(1)], (await Store.Runs("r", long.MaxValue, 10)).Select(static run => run.Id));
        Assert.Equal([Id(1)], (await Store.Runs("r", 2, 10)).Select(static run => run.Id));
        var found = (await Store.FindRun(Id(2)))!;
        Assert.Equal(("r", 7, "{}", "olga"), (found.Name, found.Version, Encoding.UTF8.GetString(found.Parameters.Span), found.Says));
        Assert.False(found.IsStarted);
        Assert.True(await Store.Started(Id(2)));
        Assert.True((await Store.FindRun(Id(2)))!.IsStarted);
        await Store.RemoveRun(Id(2));
        Assert.False(await Store.Started(Id(2)));
        Assert.Null(await Store.FindRun(Id(2)));
        Assert.Null(await Store.AddRun(Run("nothing", 9)));
    }

    [Fact]
    public async Task RemoveRun_OfARefusedStart_TakesItsAuditRecordAlong()
    {
        await Store.Put(Body("r", "1"), null);
        foreach (var id in (int[])[1, 2])
        {
            var origin = new Origin(Id(id), AuditActions.RunDefinition, "r");
            await Store.AddRun(Run("r", id), new AuditRecord(origin, 6, 1));
        }

        await Store.RemoveRun(Id(2));

        var left = Assert.Single(await Audit.List(new AuditQuery(null, null, "r", null, 10)));
        Assert.Equal(Id(1), left.Origin.Id);
    }

    [Fact]
    public async Task AddRun_WithAKnownIdempotencyKey_ReturnsTheFirst()
    {
        await Store.Put(Body("i", "1"), null);
        var (key, hash) = (new byte[] { 1, 2, 3 }, new byte[] { 4 });

        var runs = await Task.WhenAll(Enumerable.Range(1, 8).Select(i =>
            Store.AddRun(Run("i", i) with { IdempotencyKey = key, BodyHash = hash })));

        Assert.Single(runs.Select(static run => run!.Id).Distinct());
        Assert.All(runs, run => Assert.Equal(hash, run!.BodyHash.ToArray()));
        Assert.Single(await Store.Runs("i", long.MaxValue, 10));
    }

    [Fact]
    public async Task Put_ByManyAtOnce_MakesEachVersionOnce()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Store.Put(Body("m", $"{i}"), null)));

        Assert.Equal(Enumerable.Range(1, 10).Select(static n => (long)n), replies.Select(static reply => reply.Latest!.Version).Order());
    }

    private static (DefinitionOutcome, long) Outcome(DefinitionReply reply) => (reply.Outcome, reply.Latest!.Version);

    private static string? Text(DefinitionView? view) => view is null ? null : Encoding.UTF8.GetString(view.Body.Span);

    private static DefinitionView Body(string name, string text) => new(name, 0, DefinitionKind.Task, Encoding.UTF8.GetBytes(text), 5);

    private static DefinitionRun Run(string name, int id) => new(Id(id), DefinitionKind.Task, name, 7, 6, "{}"u8.ToArray()) { Says = "olga" };

    private static TaskId Id(int n) => new(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | (uint)n);
}
