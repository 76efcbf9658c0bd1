using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Files;
using OrleansTasks.Storage.Files;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A silo that has lost the database, which another one can reach.</summary>
public sealed class DatabaseLossTests
{
    private readonly ForwardTime time = new();
    private readonly DatabaseLoss loss;

    public DatabaseLossTests() => loss = new DatabaseLoss(time);

    [Fact]
    public void Silence_WithoutAReport_IsNoLoss()
    {
        time.Forward(TimeSpan.FromHours(1));

        Assert.False(loss.IsLost);
    }

    [Fact]
    public void Report_OfASiloThatReadsTheDatabase_ChangesNothing()
    {
        time.Forward(TimeSpan.FromHours(1));
        Assert.False(loss.Reach());
        time.Forward(TimeSpan.FromSeconds(5));

        Assert.False(loss.Report());
        Assert.False(loss.IsLost);
    }

    [Fact]
    public void Report_OfASiloThatDoesNot_IsALoss_UntilItReadsAgain()
    {
        var told = 0;
        loss.Lost += () => told++;
        time.Forward(TimeSpan.FromSeconds(10));

        Assert.True(loss.Report());
        Assert.False(loss.Report());
        Assert.True(loss.IsLost);
        Assert.Equal(1, told);
        Assert.True(loss.Reach());
        Assert.False(loss.Reach());
        Assert.False(loss.IsLost);
    }

    [Fact]
    public async Task Streams_OfWorkers_EndAsUnavailable_AndHeartbeatsAreAnswered()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        var service = new NodeService(
            silo.Grains, silo.Store, silo.Services.GetRequiredService<IOutputStore>(),
            silo.Services.GetRequiredService<FileDepot>(), silo.Services.GetRequiredService<IFileIndex>(), loss,
            silo.Services.GetRequiredService<IProgressStore>(), time,
            silo.Services.GetRequiredService<SiloInstruments>(), NullLoggerFactory.Instance);
        var registration = new Registration { Instance = "one", Slots = 1 };
        var session = (await service.ReportStatus(new() { NodeId = "w1", Registration = registration }, default)).Session;
        await using var open = Stream();
        var next = open.MoveNextAsync().AsTask();
        await silo.Submit("true");
        Assert.True(await next);
        var lease = Assert.Single(open.Current.Start).Lease;
        next = open.MoveNextAsync().AsTask();

        time.Forward(TimeSpan.FromSeconds(10));
        Assert.True(loss.Report());

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => next)).StatusCode);
        await using (var refused = Stream())
            Assert.Equal(StatusCode.Unavailable,
                (await Assert.ThrowsAsync<RpcException>(() => refused.MoveNextAsync().AsTask())).StatusCode);
        var beat = await service.ReportStatus(new() { NodeId = "w1", Session = session, SentAt = 1, Held = { lease } }, default);
        Assert.Equal(StatusAnswer.Types.Outcome.Ok, beat.Outcome);
        Assert.True(loss.Reach());
        await using var again = Stream();
        next = again.MoveNextAsync().AsTask();
        await silo.Submit("true");
        var progress = new Progress { NodeId = "w1", Session = session, Results = { RemoteWorker.Succeeded(lease) } };
        Assert.True((await service.Report(progress, default)).Settled);
        Assert.True(await next);

        IAsyncEnumerator<Commands> Stream() =>
            service.AssignTask(new AssignRequest { NodeId = "w1", Session = session }, default).GetAsyncEnumerator();
    }
}
