using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A worker moved by hand, that speaks the worker plane's messages to a silo and runs nothing.</summary>
internal sealed class RemoteWorker(OneProcess silo, string name) : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private IAsyncEnumerator<Commands> commands = null!;

    public INodeService Master { get; } = silo.Services.GetRequiredService<INodeService>();

    public long Session { get; private set; }

    public async Task<StatusAnswer> Register(
        string instance = "one", int slots = 2, bool treesDead = false, params Lease[] held)
    {
        var report = new StatusReport
        {
            NodeId = name,
            Registration = new Registration { Instance = instance, Slots = slots, TreesDead = treesDead },
        };
        report.Held.AddRange(held);
        var answer = await Master.ReportStatus(report, default);
        Session = answer.Session;
        return answer;
    }

    /// <summary>Opens the stream of commands and waits until it is connected, which the first heartbeat shows.</summary>
    public async Task<RemoteWorker> Ready()
    {
        await Register();
        commands = Master.AssignTask(new AssignRequest { NodeId = name, Session = Session }, stop.Token)
            .GetAsyncEnumerator(stop.Token);
        return this;
    }

    /// <summary>Submits a task that this worker gets; <c>true</c> unless a spec is given.</summary>
    public async Task<(TaskId Id, Start Start)> Begin(Dictionary<string, object>? spec = null)
    {
        var next = NextStart();
        var id = await silo.Submit(spec ?? new() { ["cmd"] = "true" });
        return (id, await next);
    }

    public async Task<Start> NextStart()
    {
        do
            Assert.True(await commands.MoveNextAsync());
        while (commands.Current.Start.Count == 0);
        return Assert.Single(commands.Current.Start);
    }

    public Task<StatusAnswer> Beat(params Lease[] held)
    {
        var report = new StatusReport { NodeId = name, Session = Session };
        report.Held.AddRange(held);
        return Master.ReportStatus(report, default);
    }

    public Task<bool> Tell(Result result) => Tell(new Progress { Results = { result } });

    public async Task<bool> Tell(Progress progress)
    {
        (progress.NodeId, progress.Session) = (name, Session);
        return (await Master.Report(progress, default)).Settled;
    }

    public Task<OutputAnswer> Write(Lease lease, long offset, string text) => Master.Write(
        new OutputChunks
        {
            NodeId = name,
            Session = Session,
            Chunks = { new OutputChunk { Lease = lease, Stream = 1, Offset = offset, Data = ByteString.CopyFromUtf8(text) } },
        });

    public static Result Succeeded(Lease lease, string output = "") => new()
    {
        Lease = lease,
        Reason = Result.Types.Reason.Exit,
        ExitCode = 0,
        Inline = true,
        Stdout = ByteString.CopyFromUtf8(output),
    };

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (commands is not null)
            await commands.DisposeAsync();
        stop.Dispose();
    }
}
