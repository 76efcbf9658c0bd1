using OrleansTasks.Events;
using OrleansTasks.Nodes;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of nodes' events must do.</summary>
public abstract class NodeEventStoreConformance
{
    protected abstract INodeEventStore Store { get; }

    [Fact]
    public async Task Add_IsReadInOrderUnderDenseSequences()
    {
        Assert.Equal(default, await Store.Position());
        await Store.Add([Change("w1", NodeState.Ready, 5), Change("w2", NodeState.Ready, 6)]);
        await Store.Add([Change("w1", NodeState.Draining, 7)]);

        Assert.Equal(new NodeEventPosition(1, 3), await Store.Position());
        Assert.Equal(
            [new NodeEvent(1, 5, "w1", NodeState.Ready), new(2, 6, "w2", NodeState.Ready), new(3, 7, "w1", NodeState.Draining)],
            await Store.Read(0, 10));
        Assert.Equal([2L], (await Store.Read(1, 1)).Select(static change => change.Sequence));
        Assert.Empty(await Store.Read(3, 10));
    }

    [Fact]
    public async Task Latest_IsTheNewestOfEachNode()
    {
        Assert.Empty(await Store.Latest());
        await Store.Add([Change("w2", NodeState.Ready, 5), Change("w1", NodeState.Ready, 6), Change("w2", NodeState.Lost, 7)]);

        Assert.Equal([new NodeEvent(2, 6, "w1", NodeState.Ready), new(3, 7, "w2", NodeState.Lost)], await Store.Latest());
    }

    [Fact]
    public async Task Add_BeyondTheBound_RemovesTheOldest()
    {
        await Store.Add([.. Enumerable.Range(0, 10_003).Select(static n => Change($"w{n}", NodeState.Ready, n))]);

        Assert.Equal(new NodeEventPosition(4, 10_003), await Store.Position());
        Assert.Equal("w3", Assert.Single(await Store.Read(0, 1)).Node);
    }

    private static NodeEvent Change(string node, NodeState state, long at) => new(0, at, node, state);
}
