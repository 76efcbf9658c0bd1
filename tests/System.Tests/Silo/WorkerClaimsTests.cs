using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Results and registrations with values that no worker can truthfully claim.</summary>
public sealed class WorkerClaimsTests
{
    private static readonly Lease Lease = new()
    {
        TaskId = "00000000-0000-7000-8000-000000000001", Queue = "default", Attempt = 1, Token = ByteString.CopyFrom(new byte[16]),
    };

    [Fact]
    public async Task Result_ClaimsMoreOutputThanIsStored_CountsWhatIsStoredAndDropsNobodysOutput()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
        var kept = new string('k', 20_000);
        var victim = await Run(silo, worker, kept, new Result { StdoutBytes = kept.Length });

        var rogue = await Run(silo, worker, "abc", new Result { StdoutBytes = 1L << 50, StderrBytes = long.MaxValue });
        await silo.Services.GetServices<IHostedService>().OfType<RetentionService>().Single().RunOnce(TestContext.Current.CancellationToken);

        var record = await silo.Ended(rogue);
        Assert.Equal((3, 0, true), (record.StdoutBytes, record.StderrBytes, record.Truncated));
        Assert.Equal("abc", await silo.Output(rogue));
        Assert.Equal((kept.Length, false), ((await silo.Ended(victim)).StdoutBytes, (await silo.Ended(victim)).Truncated));
        Assert.Equal(kept, await silo.Output(victim));
    }

    [Fact]
    public async Task Result_ClaimsLessOutputThanIsStored_CountsWhatIsStored()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();

        var id = await Run(silo, worker, new string('k', 20_000), new Result { StdoutBytes = -1 });

        Assert.Equal((20_000, false), ((await silo.Ended(id)).StdoutBytes, (await silo.Ended(id)).Truncated));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(255, 255)]
    [InlineData(256, 255)]
    [InlineData(int.MinValue, 255)]
    public void ExitCode_IsOneThatAProcessCanHave(int claimed, int taken) =>
        Assert.Equal(taken, Read(static (result, code) => result.ExitCode = code, claimed).ExitCode);

    [Theory]
    [InlineData("", null)]
    [InlineData("SIGKILL", "SIGKILL")]
    [InlineData("SIGRTMIN+15", "SIGRTMIN+15")]
    [InlineData("SIG64", "SIG64")]
    [InlineData("SIGKILL\n", null)]
    [InlineData("SIGABCDEFGHIJKLMNOPQRSTUVWXYZ", null)]
    [InlineData("\u001b[31m", null)]
    public void Signal_IsAName(string claimed, string? taken) =>
        Assert.Equal(taken, Read(static (result, signal) => result.Signal = signal, claimed).Signal);

    [Theory]
    [InlineData(-1, 0, 0, 0)]
    [InlineData(7, 7, 7, 7)]
    [InlineData(long.MaxValue, 36_500L * 86_400_000, 36_500L * 86_400_000_000, 1L << 50)]
    public void Figures_AreWithinWhatCanBeShown(long claimed, long runTime, long cpuTime, long memory)
    {
        var result = Read(
            static (result, value) => (result.RunTimeMs, result.CpuTimeUs, result.MaxRssBytes) = (value, value, value), claimed);

        Assert.Equal((runTime, cpuTime, memory), (result.RunTime, result.CpuTime, result.MaxRssBytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tail_KeepsItsEnd(bool inline)
    {
        var claimed = Encoding.UTF8.GetBytes("x" + string.Concat(Enumerable.Repeat("\u20ac", 100_000)));

        var tail = Read(
            (result, bytes) => (result.Tail, result.Inline, result.Truncated) = (ByteString.CopyFrom(bytes), inline, true), claimed).Output!.Tail;

        Assert.InRange(tail.Length, WorkerClaims.LongestTail - 3, WorkerClaims.LongestTail);
        Assert.Equal("", Encoding.UTF8.GetString(tail.Span).Replace("\u20ac", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(double.PositiveInfinity, 0)]
    [InlineData(-1, 0)]
    [InlineData(1e300, 1_000_000)]
    public void Registration_IsWithinWhatCanBeShown(double load, double taken)
    {
        var registration = NodeMessages.ToRegistration(new StatusReport
        {
            Registration = new Registration { Instance = "one", Version = new string('v', 9_999), Address = "a\u001b[2J" },
            Load = load,
            MemoryBytes = -5,
        });

        Assert.Equal((taken, 0, 200, "a[2J"), (registration.Load, registration.MemoryBytes, registration.Version.Length, registration.Address));
    }

    [Theory]
    [InlineData("Zone", "a")]
    [InlineData("zone", "a\u001b")]
    [InlineData("zone", null)]
    public void Registration_WithALabelThatNoTaskCanName_IsRefused(string key, string? value)
    {
        var report = new StatusReport { Registration = new Registration { Instance = "one" } };
        report.Registration.Labels[key] = value ?? new string('a', 257);

        Assert.Contains("label", Assert.Throws<ArgumentException>(() => NodeMessages.ToRegistration(report)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]", 0, EndReason.Exit, "[1]")]
    [InlineData("[1]", 3, EndReason.Exit, "")]
    [InlineData("[1", 0, EndReason.BadResult, "")]
    public void Value_IsJsonOfACommandThatExitedWithZero(string claimed, int exitCode, EndReason reason, string taken)
    {
        var result = Read(
            (result, value) => (result.Value, result.ExitCode, result.Tail) = (ByteString.CopyFromUtf8(value), exitCode, ByteString.CopyFromUtf8("out")),
            claimed);

        Assert.Equal((reason, taken), (result.Reason, Encoding.UTF8.GetString(result.Value.Span)));
        Assert.Equal(reason == EndReason.BadResult, result.Fingerprint is not null && exitCode == 0);
        Assert.Equal(
            reason == EndReason.BadResult ? "out\nThe result is not JSON: error at byte 3 of line 1." : "out",
            Encoding.UTF8.GetString(result.Output!.Tail.Span));
    }

    [Fact]
    public void Reason_OfAWorker_CannotBeOneOfTheServices()
    {
        Assert.Throws<ArgumentException>(() => Read(static (result, reason) => result.Reason = reason, (Result.Types.Reason)9));
        Assert.Throws<ArgumentException>(() => Read(static (result, reason) => result.Reason = reason, (Result.Types.Reason)12));
        Assert.Equal(
            EndReason.BadResult, Read(static (result, reason) => result.Reason = reason, Result.Types.Reason.BadResult).Reason);
    }

    private static AttemptResult Read<T>(Action<Result, T> claim, T value)
    {
        var result = new Result { Lease = Lease, Reason = Result.Types.Reason.Exit };
        claim(result, value);
        return NodeMessages.ToAttemptResult(result);
    }

    private static async Task<TaskId> Run(OneProcess silo, RemoteWorker worker, string output, Result result)
    {
        var (id, start) = await worker.Begin();
        (result.Lease, result.Reason, result.ExitCode) = (start.Lease, Result.Types.Reason.Exit, 0);
        Assert.True((await worker.Write(result.Lease, 0, output)).Stored);
        Assert.True(await worker.Tell(result));
        await silo.Ended(id);
        return id;
    }
}
