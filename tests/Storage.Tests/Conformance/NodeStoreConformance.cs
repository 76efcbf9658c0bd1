using OrleansTasks.Nodes;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every node store must do.</summary>
public abstract class NodeStoreConformance
{
    private static readonly NodeRegistration Registration = new(
        "instance-1", 4, [new Label("gpu", "1"), new Label("zone", "ü")], Limits.Memory | Limits.CpuTime, "1.2", "10.0.0.1",
        true, [], [], []);

    protected abstract INodeStore Store { get; }

    [Fact]
    public async Task OpenSession_NewNode_BeginsAtOne()
    {
        var row = await Store.OpenSession("w1", Registration, 5);
        AssertRow(
            new NodeRow("w1", 1, "instance-1", 4, Registration.Labels, Registration.Enforces, "1.2", "10.0.0.1", false,
                false, 5, EvaluatesChunks: false),
            row);
        AssertRow(row, await Store.Get("w1"));
    }

    [Fact]
    public async Task OpenSession_Again_CountsOnAndTakesTheNewWords()
    {
        await Store.OpenSession("w1", Registration, 5);
        var row = await Store.OpenSession("w1", Registration with { Slots = 9, Labels = [], Instance = "i2" }, 6);
        Assert.Equal((2L, 9, "i2", 6L), (row.Session, row.Slots, row.Instance, row.SeenAt));
        Assert.Empty(row.Labels);
        AssertRow(row, await Store.Get("w1"));
    }

    [Theory]
    [InlineData(Limits.None)]
    [InlineData(Limits.Memory | Limits.OpenFiles)]
    public async Task OpenSession_EvaluatesChunks_IsKeptApartFromItsLimits(Limits limits)
    {
        await Store.OpenSession("w1", Registration with { Enforces = limits, EvaluatesChunks = true }, 5);
        var row = Assert.Single(await Store.List());
        Assert.Equal((limits, true), (row.Enforces, row.EvaluatesChunks));
        row = await Store.OpenSession("w1", Registration with { Enforces = limits }, 6);
        Assert.Equal((limits, false), (row.Enforces, row.EvaluatesChunks));
    }

    [Fact]
    public async Task OpenSession_OfADrainingNode_KeepsItDraining()
    {
        await Store.OpenSession("w1", Registration, 5);
        Assert.True(await Store.SetDraining("w1", true));
        Assert.True((await Store.OpenSession("w1", Registration, 6)).Draining);
        Assert.True(await Store.SetDraining("w1", false));
        Assert.False((await Store.Get("w1"))!.Draining);
    }

    [Fact]
    public async Task Close_OfTheLatestSession_MarksItGoneUntilTheNext()
    {
        await Store.OpenSession("w1", Registration, 5);
        await Store.Close("w1", 1, 7);
        var row = await Store.Get("w1");
        Assert.Equal((true, 7L), (row!.Gone, row.SeenAt));
        Assert.False((await Store.OpenSession("w1", Registration, 8)).Gone);
    }

    [Fact]
    public async Task Close_OfAnOldSession_DoesNothing()
    {
        await Store.OpenSession("w1", Registration, 5);
        await Store.OpenSession("w1", Registration, 6);
        await Store.Close("w1", 1, 7);
        await Store.Close("none", 1, 7);
        Assert.False((await Store.Get("w1"))!.Gone);
    }

    [Fact]
    public async Task AddLimits_OfTheLatestSession_KeepsWhatIsThereUntilTheNextRegistration()
    {
        await Store.OpenSession("w1", Registration with { EvaluatesChunks = true }, 5);
        await Store.AddLimits("w1", 1, Limits.Memory | Limits.Container);
        await Store.AddLimits("w1", 1, Limits.SandboxHosts);
        var row = await Store.Get("w1");
        Assert.Equal(
            (Registration.Enforces | Limits.Container | Limits.SandboxHosts, true, 5L),
            (row!.Enforces, row.EvaluatesChunks, row.SeenAt));
        Assert.Equal(Registration.Enforces, (await Store.OpenSession("w1", Registration, 6)).Enforces);
    }

    [Fact]
    public async Task AddLimits_OfAnOldSession_DoesNothing()
    {
        await Store.OpenSession("w1", Registration, 5);
        await Store.OpenSession("w1", Registration, 6);
        await Store.AddLimits("w1", 1, Limits.Container);
        await Store.AddLimits("none", 1, Limits.Container);
        Assert.Equal(Registration.Enforces, (await Store.Get("w1"))!.Enforces);
        Assert.Null(await Store.Get("none"));
    }

    [Fact]
    public async Task List_GivesNodesById()
    {
        Assert.Empty(await Store.List());
        foreach (var id in new[] { "b", "a", "B" })
            await Store.OpenSession(id, Registration, 5);
        Assert.Equal(["B", "a", "b"], (await Store.List()).Select(n => n.Id));
    }

    [Fact]
    public async Task Delete_ForgetsTheNodeButItsSessionsCountOn()
    {
        await Store.OpenSession("w1", Registration, 5);
        await Store.SetDraining("w1", true);
        Assert.True(await Store.Delete("w1"));
        Assert.False(await Store.Delete("w1"));
        Assert.False(await Store.SetDraining("w1", true));
        Assert.Null(await Store.Get("w1"));
        Assert.Empty(await Store.List());
        await Store.Close("w1", 1, 6);
        Assert.Null(await Store.Get("w1"));
        // Queues remember the sessions that are over: a lower number would be refused for ever.
        AssertRow(
            new NodeRow("w1", 2, "instance-1", 4, Registration.Labels, Registration.Enforces, "1.2", "10.0.0.1", false, false, 7, EvaluatesChunks: false),
            await Store.OpenSession("w1", Registration, 7));
        Assert.Single(await Store.List());
    }

    private static void AssertRow(NodeRow expected, NodeRow? row)
    {
        Assert.NotNull(row);
        Assert.Equal(expected.Labels, row.Labels);
        Assert.Equal(expected, row with { Labels = expected.Labels });
    }
}
