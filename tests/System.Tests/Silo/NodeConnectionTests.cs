using OrleansTasks.Nodes;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Which commands a worker's stream can prove that it never wrote.</summary>
public sealed class NodeConnectionTests : IDisposable
{
    private const long Session = 3;
    private readonly SiloInstruments instruments = new();

    [Fact]
    public async Task TakeUnsent_NothingWasTaken_HasEveryStartThatWasDelivered()
    {
        var connection = NewConnection();
        await connection.Deliver(Batch(1, 2));
        await connection.Deliver(Batch(2));
        Assert.Equal([Lease(1), Lease(2), Lease(2)], connection.TakeUnsent());
    }

    [Fact]
    public async Task TakeUnsent_TakenAndNotWritten_HasThemToo()
    {
        var connection = NewConnection();
        await connection.Deliver(Batch(1));
        Assert.Single(connection.Take());
        await connection.Deliver(Batch(2));
        Assert.Equal([Lease(1), Lease(2)], connection.TakeUnsent());
    }

    [Fact]
    public async Task TakeUnsent_Written_LeavesThemOut()
    {
        var connection = NewConnection();
        await connection.Deliver(Batch(1));
        connection.Take();
        connection.Written();
        await connection.Deliver(Batch(2));
        Assert.Equal([Lease(2)], connection.TakeUnsent());
    }

    [Fact]
    public async Task TakeUnsent_Again_HasWhatCameSince()
    {
        var connection = NewConnection();
        await connection.Deliver(Batch(1));
        Assert.Equal([Lease(1)], connection.TakeUnsent());
        await connection.Deliver(Batch(2));
        Assert.Equal([Lease(2)], connection.TakeUnsent());
        Assert.Empty(connection.TakeUnsent());
    }

    [Fact]
    public async Task Deliver_OfAnotherSession_IsNeitherTakenNorUnsent()
    {
        var connection = NewConnection();
        await connection.Deliver(Batch(1) with { Session = Session + 1 });
        Assert.Empty(connection.Take());
        Assert.Empty(connection.TakeUnsent());
    }

    public void Dispose() => instruments.Dispose();

    private NodeConnection NewConnection() => new(Session, instruments);

    private static CommandBatch Batch(params int[] tasks) =>
        new(Session, [.. tasks.Select(static task => new StartCommand(Lease(task), "", default, default))], [], []);

    private static LeaseRef Lease(int task) => new(new TaskId(1, (ulong)task), "default", 1, default);
}
