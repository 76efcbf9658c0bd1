using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Programs that process chunks: kept from chunk to chunk of a job, and gone with whatever they were kept for.</summary>
public sealed class AgentChunkTests
{
    private const string TellPid = "while read x; do echo $$; done";

    [Fact]
    public async Task Kept_ServesTheNextChunkOfItsJob_AndNoOtherJobs()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 1).Started();
        var first = await Pid(fixture, "job-1", 1);
        Assert.Equal(first, await Pid(fixture, "job-1", 2));
        Assert.NotEqual(first, await Pid(fixture, "job-2", 1));
    }

    [Fact]
    public async Task Kept_DiesWithTheAgent()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 1).Started();
        var pid = await Pid(fixture, "job-1", 1);
        Assert.True(Directory.Exists($"/proc/{pid}"));
        await fixture.Agent.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public async Task Kept_ThatWasKilledBetweenChunks_FailsNoChunkButIsStartedAnew()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 1).Started();
        var pid = await Pid(fixture, "job-1", 1);
        using (var process = Process.GetProcessById((int)pid))
            process.Kill();
        await Gone(pid);
        Assert.NotEqual(pid, await Pid(fixture, "job-1", 2));
    }

    [Fact]
    public async Task Killed_ChunkTakesItsProgramWithIt()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 1).Started();
        const string ThenHangs = "read x; echo $$; read y; exec sleep 600";
        var pid = await Pid(fixture, "job-1", 1, ThenHangs);
        var start = Chunk(fixture, "job-1", 2, ThenHangs);
        fixture.Master.Send(start);
        while (!(await fixture.Master.Told.ReadAsync(TestContext.Current.CancellationToken)).Started.Contains(start.Lease))
        {
        }

        var kill = new Commands();
        kill.Kill.Add(start.Lease);
        fixture.Master.Send(kill);
        await Gone(pid);
        Assert.NotEqual(pid, await Pid(fixture, "job-1", 3));
    }

    [Fact]
    public async Task Kept_ThatIsKilledWithinItsLastAnswer_HasNotAnswered()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 1).Started();
        fixture.Master.Send(Chunk(fixture, "job-1", 1, "read x; printf 12; kill -9 $$"));
        var report = ChunkReport.Read((await fixture.Master.NextResult()).Report.Memory);
        Assert.Equal("command-failed", report.Code);
        Assert.Contains("SIGKILL", report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kept_WritesALineThatNobodyAskedFor_FailsTheNextChunk()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 1).Started();
        var (go, written) = (Path.Combine(fixture.Folder, "go"), Path.Combine(fixture.Folder, "written"));
        // The line does not fit into a pipe: once the program has written it, the worker has read its beginning.
        var chatty = $"read x; echo 1; while [ ! -e {go} ]; do sleep 0.01; done; printf '%200000s\\n' 7; echo > {written}; while read x; do echo 2; done";
        Assert.Equal(1, await Pid(fixture, "job-1", 1, chatty));
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        await fixture.WaitForFile(written);

        fixture.Master.Send(Chunk(fixture, "job-1", 2, chatty));

        var report = ChunkReport.Read((await fixture.Master.NextResult()).Report.Memory);
        Assert.Equal(("command-failed", "The command wrote more lines than it received."), (report.Code, report.Message));
    }

    [Fact]
    public async Task Plugin_ThatUsesWhatItDisposed_FailsItsChunk()
    {
        var plugins = new PluginCatalog();
        plugins.Add(typeof(DisposedProcessor).Assembly);
        await using var fixture = await new AgentFixture(options => options.Plugins = plugins).Started();
        var start = Chunk(fixture, "job-1", 1, "unused");
        start.Chunk.Plan = ByteString.CopyFrom(new ProcessingPlan(ProcessorKind.Plugin, null, ["disposed"], [], false).ToBytes());
        fixture.Master.Send(start);
        var report = ChunkReport.Read((await fixture.Master.NextResult()).Report.Memory);
        Assert.Contains(nameof(DisposedProcessor), report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunk_AsksForAContainer_IsRefused_RatherThanRunWithoutWalls()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 1).Started();
        var start = Chunk(fixture, "job-1", 1, TellPid);
        start.Isolation = new IsolationTerms { Container = new ContainerTerms { Image = "i" } };
        fixture.Master.Send(start);
        var result = await fixture.Master.NextResult();
        Assert.Equal(
            (Result.Types.Reason.SpawnFailed, "This worker runs no chunks in containers."),
            (result.Reason, result.Tail.ToStringUtf8()));
    }

    /// <summary>Waits until the worker has reaped it, and so knows of its end.</summary>
    private static async Task Gone(long pid)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Directory.Exists($"/proc/{pid}"))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"Process {pid} is still there.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<long> Pid(AgentFixture fixture, string job, long number, string cmd = TellPid)
    {
        fixture.Master.Send(Chunk(fixture, job, number, cmd));
        var result = await fixture.Master.NextResult();
        var report = ChunkReport.Read(result.Report.Memory);
        Assert.Null(report.Message);
        return PidIn(report);
    }

    private static long PidIn(ChunkReport report)
    {
        var reader = new ByteReader(report.Bytes.Span);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
            Partial.Read(PlanOf(TellPid), ref reader).WriteOutcome(json);
        return JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).RootElement.GetProperty("pid").GetInt64();
    }

    private static Start Chunk(AgentFixture fixture, string job, long number, string cmd)
    {
        var start = fixture.Shell("unused");
        start.Argv.Clear();
        start.Chunk = new Chunk
        {
            Plan = ByteString.CopyFrom(PlanOf(cmd).ToBytes()), Number = number, First = number, Items = 1, Job = job,
        };
        return start;
    }

    private static ProcessingPlan PlanOf(string cmd) => new(
        ProcessorKind.Command, null, ["/bin/sh", "-c", cmd], [new AggregateSpec("pid", AggregateOp.Max, null, null, 10, 10, [])], false);
}
