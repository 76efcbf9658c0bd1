using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>What an event stream keeps for a reader that is slow.</summary>
public sealed class EventTailTests : IAsyncLifetime
{
    private const int Events = 20_000;
    private readonly ScriptedGrains grains = new();
    private readonly VirtualTime time = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains, time);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(Events)]
    public async Task Reader_ThatDoesNotRead_HoldsLittleAndThenGetsEverything(int commits)
    {
        for (var commit = 0; commit < commits; commit++)
            grains.Events.Add(Enumerable.Range(commit * (Events / commits), Events / commits).Select(static number => new TaskId(1, (ulong)number)));
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new PipeBody(pipe.Writer));
        var tail = new EventTail(gateway.Services.GetRequiredService<GatewayGrains>(), gateway.Services.GetRequiredService<EventLog>());
        await tail.Begin(new EventCursor(0, 0, 0));
        using var stop = new CancellationTokenSource();

        // Each flush waits until somebody reads, so what one read finds is what the stream had kept.
        var run = Run();
        var (seen, most) = (0, 0L);
        while (seen < Events)
        {
            var read = await Eventually.Within(pipe.Reader.ReadAsync().AsTask());
            most = Math.Max(most, read.Buffer.Length);
            seen += Encoding.UTF8.GetString(read.Buffer).Split("data: ").Length - 1;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.InRange(most, 1, 70 * 1024);
        Assert.Equal((Events, commits), (seen, (int)tail.Position.Log));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        async Task Run() => await tail.Run(await EventStream.Start(context, time), isReset: false, stop.Token);
    }

    [Fact]
    public async Task Commit_OfSeveralTransitions_MovesThePositionAtItsEnd()
    {
        for (var commit = 0; commit < 3; commit++)
            grains.Events.Add(Enumerable.Range(commit * 4, 4).Select(static number => new TaskId(1, (ulong)number)));
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new PipeBody(pipe.Writer));
        var tail = new EventTail(gateway.Services.GetRequiredService<GatewayGrains>(), gateway.Services.GetRequiredService<EventLog>());
        await tail.Begin(new EventCursor(0, 0, 0));
        using var stop = new CancellationTokenSource();
        var run = Run();
        var text = "";
        while (Events().Length < 12)
        {
            var read = await Eventually.Within(pipe.Reader.ReadAsync().AsTask());
            text += Encoding.UTF8.GetString(read.Buffer);
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        var positions = Events().Select(static one => one.Split('\n').SingleOrDefault(static line => line.StartsWith("id: ", StringComparison.Ordinal)));
        Assert.Equal(
            Enumerable.Range(1, 3).SelectMany(static log => (string?[])[null, null, null, $"id: {new EventCursor(0, log, 0)}"]), positions);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        async Task Run() => await tail.Run(await EventStream.Start(context, time), isReset: false, stop.Token);

        string[] Events() => [.. text.Split("\n\n")[..^1].Where(static one => one.Contains("data: ", StringComparison.Ordinal))];
    }

    private sealed class PipeBody(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => writer.AsStream();

        public PipeWriter Writer => writer;

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
