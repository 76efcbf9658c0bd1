using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>The states of a node's session: when it takes work, and what it counts.</summary>
public sealed class NodeSessionStateTests
{
    private const long Opened = 1_000;
    private static readonly LeaseRef Held = new(new TaskId(1, 1), "a", 1, new LeaseToken(1, 1));
    private readonly NodeSession session = new(
        "n", 7, new NodeRegistration("i", 2, [], Limits.None, "1", "here", TreesDead: true, [], [], [], SentAt: 5, Load: 0.5, MemoryBytes: 9), Opened);

    [Fact]
    public void TakesWork_HeartbeatButNoStream_IsFalse()
    {
        session.Beat(new NodeStatus(7, [], 1.5, 8, SentAt: 6), Opened + 1, Opened);
        Assert.Equal((true, false, true), (session.IsUsed, session.TakesWork, session.KnowsEarlier));
        Assert.Equal((1.5, 8L, Opened + 1, 6L), (session.Load, session.MemoryBytes, session.ReportedAt, session.SentAt));
    }

    [Fact]
    public void TakesWork_StreamBeforeAnyHeartbeat_IsTrue()
    {
        Assert.False(session.KnowsEarlier);
        Assert.True(session.Connect(new Stream()));
        Assert.True(session is { IsUsed: true, TakesWork: true, KnowsEarlier: true });
    }

    [Fact]
    public void Connect_TheSameStreamAgain_IsNoNews()
    {
        var stream = new Stream();
        session.Connect(stream);
        Assert.False(session.Connect(stream));
        Assert.True(session.TakesWork);
    }

    [Fact]
    public void Disconnect_TheStreamThatCommandsGoTo_TakesNoWorkUntilAnotherIsThere()
    {
        var stream = new Stream();
        session.Connect(stream);
        Assert.True(session.Disconnect(stream));
        Assert.False(session.TakesWork);
        // Said by a heartbeat that was under way.
        Assert.False(session.Connect(stream));
        Assert.False(session.TakesWork);
        Assert.True(session.Connect(new Stream()));
        Assert.True(session.TakesWork);
    }

    [Fact]
    public void Disconnect_AStreamThatWasReplaced_ChangesNothing()
    {
        var (first, second) = (new Stream(), new Stream());
        session.Connect(first);
        session.Connect(second);
        Assert.False(session.Disconnect(first));
        Assert.Same(second, session.Connection);
    }

    [Fact]
    public void TakesWork_LeavingOrOver_IsFalse()
    {
        session.Connect(new Stream());
        session.Leave();
        Assert.False(session.TakesWork);
        session.End();
        Assert.True(session is { IsOver: true, TakesWork: false });
    }

    [Fact]
    public void Beat_SentBeforeAnother_KeepsTheLatestTimeOfSending()
    {
        session.Beat(new NodeStatus(7, [], 0, 0, SentAt: 9), Opened + 1, Opened);
        session.Beat(new NodeStatus(7, [], 0, 0, SentAt: 8), Opened + 2, Opened);
        Assert.Equal(9, session.SentAt);
    }

    [Fact]
    public void Bring_WhatRanBefore_HasItsSlot()
    {
        session.Bring(Held);
        Assert.Equal((1, 1), (session.Ledger.Free, session.Holdings.Count));
        Assert.False(session.Holdings.TryGiveBack(Held, unsent: 0, Opened));
    }

    private sealed class Stream : INodeConnectionObserver
    {
        public Task Deliver(CommandBatch batch) => Task.CompletedTask;

        public Task Close(long session) => Task.CompletedTask;
    }
}
