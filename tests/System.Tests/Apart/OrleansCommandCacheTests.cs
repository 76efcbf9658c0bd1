using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Engine;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>What the cache of command streams holds on to.</summary>
public sealed class OrleansCommandCacheTests
{
    private readonly IQueueCache cache = new OrleansCommandCache(
        new SimpleQueueAdapterCache(new SimpleQueueCacheOptions(), "commands", NullLoggerFactory.Instance))
        .CreateQueueCache(QueueId.GetQueueId("commands", 0, 0));

    [Fact]
    public void Cursor_WhatIsDelivered_IsLetGoAndTheRestIsNot()
    {
        OrleansCommandContainer[] items = [Item("w1", 1), Item("w2", 2), Item("w1", 3), Item("w1", 4)];
        cache.AddToCache([.. items]);
        using var cursor = Cursor(items[0]);

        Assert.True(Moves(cursor));
        Assert.Same(items[0], cursor.GetCurrent(out _));
        Assert.All(items, HasCommands);

        Assert.True(Moves(cursor));
        Assert.Same(items[2], cursor.GetCurrent(out _));
        Assert.Empty(items[0].GetEvents<CommandBatch>());
        Assert.All(items[1..], HasCommands);

        Assert.True(Moves(cursor));
        Assert.False(Moves(cursor));
        Assert.All((OrleansCommandContainer[])[items[0], items[2], items[3]], static item => Assert.Empty(item.GetEvents<CommandBatch>()));
        HasCommands(items[1]);
    }

    /// <summary>The agent that reads a queue makes another cursor when a delivery must be repeated.</summary>
    [Fact]
    public void Cursor_DroppedBeforeItMoves_LeavesItsItem()
    {
        var item = Item("w1", 1);
        cache.AddToCache([item]);
        using (var first = Cursor(item))
            Assert.True(Moves(first));

        using var second = Cursor(item);
        Assert.True(Moves(second));
        Assert.Same(item, second.GetCurrent(out _));
        HasCommands(item);
    }

    private IQueueCacheCursor Cursor(OrleansCommandContainer from) =>
        cache.TryGetCacheCursor(from.StreamId, from.SequenceToken).Cursor!;

    private static bool Moves(IQueueCacheCursor cursor) => cursor.MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success;

    private static void HasCommands(OrleansCommandContainer item) => Assert.Single(item.GetEvents<CommandBatch>());

    private static OrleansCommandContainer Item(string node, long number) =>
        new(node, number, OrleansCommandQueueTests.Item(node).Batch);
}
