using OrleansTasks.Nodes;
using OrleansTasks.Resources;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>What the delivery of a batch of commands changes in the node's ledger.</summary>
public sealed class CommandDeliveryTests
{
    private const long Session = 7;
    private const long Now = 1_000;
    private const string A = "a";
    private const string B = "b";
    private static readonly ResourceVector Core = ResourceVector.Parse("cpu=1000");

    [Fact]
    public void Take_CommandsWithResourcesBeforeOneWithout_EndsTheProtectionOfBothGrants()
    {
        var registration = new NodeRegistration("i", 2, [], Limits.None, "1", "here", TreesDead: true, [], [], [])
        {
            Resources = Core,
        };
        var session = new NodeSession("n", Session, registration, Now);
        session.Connect(new Stream());
        session.Ledger.Want(new SlotDemand(A, 1, Session, Count: 1, Held: 0), Now);
        session.Ledger.Want(new SlotDemand(A, 1, Session, Count: 1, Held: 0, Shape: Core), Now);
        Assert.Equal(2, session.Ledger.Grant(Now).Count);
        // No grain factory: only attempts that are given back need one, and none is.
        var time = TimeProvider.System;
        var delivery = new CommandDelivery(
            null!, "n", new KnownQueues(new MemoryTaskStore(time)), new SteadyClock(time));

        delivery.Take(session, new CommandBatch(Session, [Start(1, Core), Start(2, null)], [], []));

        // The attempt without resources has ended. Nothing protects its slot, so another queue may have it.
        session.Ledger.Want(new SlotDemand(B, 1, Session, Count: 1, Held: 0), Now);
        var reclaim = Assert.Single(session.Ledger.TakeReclaims(static (_, shape) => shape.IsEmpty ? 0 : 1, Now));
        Assert.Equal((A, 0), (reclaim.Queue, reclaim.Limit));
    }

    private static StartCommand Start(ulong id, ResourceVector? resources) =>
        new(new LeaseRef(new TaskId(1, id), A, 1, new LeaseToken(1, id)), "t", default, default)
        {
            Resources = resources,
        };

    private sealed class Stream : INodeConnectionObserver
    {
        public Task Deliver(CommandBatch batch) => Task.CompletedTask;

        public Task Close(long session) => Task.CompletedTask;
    }
}
